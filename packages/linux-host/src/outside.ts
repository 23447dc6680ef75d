/** The namespace at the other end of the host's uplink: not part of the host. */
export const OUTSIDE = 'outside';
