import { KleenetError } from '../errors.ts';
import type { Lock, LockMode, LockRequest, Locks } from '../store.ts';

/** The longest delay of setTimeout, in milliseconds; a longer one would fire immediately. */
const LONGEST_TIMER = 2 ** 31 - 1;

interface Waiter extends LockRequest {
  readonly grant: (lock: Lock) => void;
}

/** One lock: its holders, and its waiters in order of arrival. */
interface Queue {
  readonly holders: Set<LockRequest>;
  readonly waiters: Set<Waiter>;
}

/** Locks between users in one process, with the rules of the real ones. For tests. */
export class MemoryLocks implements Locks {
  readonly #queues: Map<string, Queue> = new Map();

  async acquire(request: LockRequest, signal?: AbortSignal): Promise<Lock> {
    signal?.throwIfAborted();
    const { key, patience } = request;
    const queue = this.#queues.get(key) ?? { holders: new Set(), waiters: new Set() };
    this.#queues.set(key, queue);
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        queue.waiters.delete(waiter);
      };
      const giveUp = (reason: unknown): void => {
        stop();
        reject(reason);
        this.#advance(key, queue);
      };
      const abort = (): void => giveUp(signal?.reason);
      const waiter: Waiter = {
        ...request,
        grant: (lock) => {
          stop();
          resolve(lock);
        },
      };
      const timer = setTimeout(() => giveUp(busy(key, queue)), Math.min(patience, LONGEST_TIMER));
      signal?.addEventListener('abort', abort);
      queue.waiters.add(waiter);
      this.#advance(key, queue);
      if (patience === 0 && queue.waiters.has(waiter)) giveUp(busy(key, queue));
    });
  }

  discard(_key: string): void {
    // A lock without holders and waiters takes no memory.
  }

  #advance(key: string, queue: Queue): void {
    for (const waiter of queue.waiters) {
      if (!compatible(waiter.mode, queue.holders)) break;
      queue.holders.add(waiter);
      waiter.grant({
        release: () => {
          if (queue.holders.delete(waiter)) this.#advance(key, queue);
        },
      });
    }
    if (queue.holders.size === 0 && queue.waiters.size === 0) this.#queues.delete(key);
  }
}

function compatible(mode: LockMode, holders: ReadonlySet<LockRequest>): boolean {
  return [...holders].every((holder) => mode === 'shared' && holder.mode === 'shared');
}

function busy(key: string, queue: Queue): KleenetError {
  const purposes = [...queue.holders].map((holder) => holder.purpose);
  return new KleenetError('OBJECT_BUSY', `${key} is held by: ${purposes.join(', ')}`, {
    hint: 'try again once that is done',
    details: { key, holders: purposes },
  });
}
