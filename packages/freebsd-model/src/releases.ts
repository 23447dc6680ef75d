/** What differs between releases of FreeBSD. Recorded are 13.2 and 15.1. */

/** Whether ifconfig(8) and route(8) have an option -j: since 13.3 and 14.0. Recorded on 15.1. */
export function hasJailOption(release: string): boolean {
  const { major, minor } = partsOf(release);
  return major >= 14 || (major === 13 && minor >= 3);
}

/** Whether a host is like the recorded one of 15.1, and not like that of 13.2. What is between them is taken for 13.2. */
export function isLater(release: string): boolean {
  return partsOf(release).major >= 15;
}

function partsOf(release: string): { readonly major: number; readonly minor: number } {
  const [major = 0, minor = 0] = release.split(/[.-]/).map(Number);
  return { major, minor };
}
