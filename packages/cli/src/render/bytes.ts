const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A number of bytes for people, in powers of 1000. */
export function byteText(bytes: number): string {
  const exponent = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const value = bytes / 1000 ** exponent;
  return `${exponent === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[exponent]}`;
}
