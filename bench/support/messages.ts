/** What rounds.ts and agents say to each other. */
export type Request = 'set up' | 'round' | 'end';

export interface Answer {
  readonly value?: number;
  readonly done?: true;
  readonly failed?: string;
}
