/** A store and locks without native parts, for tests. */
export { MemoryLocks } from './memory-locks.ts';
export { MemoryStore } from './memory-store.ts';
