/** Digests and random numbers. Bun has both itself, and would need 3 ms to load node:crypto. */
import { createHash, randomBytes } from 'node:crypto';

/** What is used of it. Source: https://bun.com/docs/runtime/hashing. */
interface Bun {
  readonly CryptoHasher: new (algorithm: 'sha256') => {
    update(text: string): void;
    digest(encoding: 'hex'): string;
  };
}

const { Bun } = globalThis as { readonly Bun?: Bun };

/** The SHA-256 digest of a text in UTF-8, as 64 hex digits. */
export function sha256(text: string): string {
  if (Bun === undefined) return createHash('sha256').update(text).digest('hex');
  const hasher = new Bun.CryptoHasher('sha256');
  hasher.update(text);
  return hasher.digest('hex');
}

/** So many random bytes, as hex digits. */
export function randomHex(bytes: number): string {
  if (Bun === undefined) return randomBytes(bytes).toString('hex');
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex');
}
