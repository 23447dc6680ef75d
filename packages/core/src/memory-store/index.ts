/** A store and locks without native dependencies, for tests. */
export { MemoryLocks } from './memory-locks.ts';
export { MemoryStore } from './memory-store.ts';
