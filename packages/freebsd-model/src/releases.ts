/** Differences between releases of FreeBSD. 13.2 and 15.1 are recorded. */

/** Whether ifconfig(8) and route(8) have an option -j: since 13.3 and 14.0. Recorded on 15.1. */
export function hasJailOption(release: string): boolean {
  const { major, minor } = partsOf(release);
  return major >= 14 || (major === 13 && minor >= 3);
}

/** Whether a host behaves like the recorded 15.1, rather than 13.2. Releases in between are treated as 13.2. */
export function isLater(release: string): boolean {
  return partsOf(release).major >= 15;
}

function partsOf(release: string): { readonly major: number; readonly minor: number } {
  const [major = 0, minor = 0] = release.split(/[.-]/).map(Number);
  return { major, minor };
}
