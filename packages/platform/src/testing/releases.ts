/** What differs between releases of FreeBSD. */

/** Whether ifconfig(8) and route(8) have an option -j: since 13.3 and 14.0. Not recorded: the recordings are of 13.2. */
export function hasJailOption(release: string): boolean {
  const [major = 0, minor = 0] = release.split(/[.-]/).map(Number);
  return major >= 14 || (major === 13 && minor >= 3);
}
