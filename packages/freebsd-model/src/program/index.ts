/** The model for programs: klee as a process works on it by a command prefix. */
export { serveFreebsdHost } from './served.ts';
export type { ServedHost, ServedHostOptions } from './served.ts';
