/**
 * The resources that are claimed: their kinds, and the details that the removal of each kind needs. Every value is a record
 * of texts, exactly as the database holds it.
 */

/** The members of every kind. Further details belong to the driver: removal by kind ignores them. */
interface Named {
  readonly name: string;
  readonly [detail: string]: string;
}

/** A resource of a network namespace. */
interface InNamespace extends Named {
  /** Name of the network namespace; absent for the host's. Core removes only interfaces from another one. */
  readonly namespace?: string;
}

/** A network interface. Core removes it only if it bears klee's mark, or is in the namespace of a container. */
export interface InterfaceResource extends InNamespace {
  readonly kind: 'interface';
  /** The other end of a pair. It may be in a container, and goes with this end. */
  readonly peer?: string;
}

/** An address, as `ADDRESS` or `ADDRESS/PREFIX`, that was added to an interface. */
export interface AddressResource extends InNamespace {
  readonly kind: 'address';
  readonly interface: string;
}

/** A route to a subnet, as `ADDRESS/PREFIX`. On Linux it has klee's protocol number (107). */
export interface RouteResource extends InNamespace {
  readonly kind: 'route';
  /** The interface that packets leave by; absent for an unreachable route. */
  readonly interface?: string;
  /** `unreachable` for an unreachable route; absent for others. */
  readonly type?: string;
}

/** An entry of the neighbour table, by its address: a MAC address, or a proxy entry. */
export interface NeighbourResource extends InNamespace {
  readonly kind: 'neighbour';
  readonly interface: string;
}

/** A named network namespace (Linux). */
export interface NamespaceResource extends Named {
  readonly kind: 'namespace';
}

/** A jail (FreeBSD). */
export interface JailResource extends Named {
  readonly kind: 'jail';
}

/** The sandbox of a container on the simulated host. */
export interface SandboxResource extends Named {
  readonly kind: 'sandbox';
}

/** A mount, by its path. */
export interface MountResource extends Named {
  readonly kind: 'mount';
}

/** A directory, by its path. The only kind that survives a reboot; all others end with their kernel. */
export interface DirectoryResource extends Named {
  readonly kind: 'directory';
}

/** A kernel setting that klee changed. */
export interface SysctlResource extends Named {
  readonly kind: 'sysctl';
  /** `interface`: restored when its network is removed. `host`: kept, because other software may rely on it by then. */
  readonly scope: string;
  /** The new value. */
  readonly value?: string;
  /** The value before. */
  readonly old: string;
}

/** The kinds that core knows. */
export type KnownResource =
  | InterfaceResource
  | AddressResource
  | RouteResource
  | NeighbourResource
  | NamespaceResource
  | JailResource
  | SandboxResource
  | MountResource
  | DirectoryResource
  | SysctlResource;

/**
 * A resource of a driver's own kind, or of a known kind with a detail missing. Only its driver can remove it. Without the
 * driver, `klee system check` reports it until `klee system repair` forgets it.
 */
export interface OtherResource extends Named {
  readonly kind: string;
}

/** A resource on the host, described completely enough to be removed without further knowledge. */
export type Resource = KnownResource | OtherResource;

/** The mandatory details of each kind besides its name. */
const REQUIRED: Readonly<Record<KnownResource['kind'], readonly string[]>> = {
  interface: [],
  address: ['interface'],
  route: [],
  neighbour: ['interface'],
  namespace: [],
  jail: [],
  sandbox: [],
  mount: [],
  directory: [],
  sysctl: ['scope', 'old'],
};

/**
 * The resource as one of the known kinds, with all mandatory details; undefined for any other resource. Pure. Earlier
 * records and drivers call the interface of a route or neighbour `device`.
 */
export function knownResource(resource: Resource): KnownResource | undefined {
  if (!isKnownKind(resource.kind) || missingDetails(resource).length > 0) return undefined;
  return withInterface(resource) as KnownResource;
}

/** The mandatory details that a resource of a known kind lacks; empty for other kinds. Pure. */
export function missingDetails(resource: Resource): readonly string[] {
  const { kind } = resource;
  const given = withInterface(resource);
  const required = isKnownKind(kind) ? REQUIRED[kind] : [];
  const missing = required.filter((detail) => given[detail] === undefined);
  const leads = given['interface'] ?? given['type'];
  return kind === 'route' && leads === undefined ? [...missing, 'interface'] : missing;
}

/** Whether a reboot leaves the resource in place: directories only; all others end with their kernel. */
export function survivesReboot({ kind }: Resource): boolean {
  return kind === 'directory';
}

/** Identifies a resource among those of its owner, and in messages. */
export function resourceName({ kind, name }: Resource): string {
  return `${kind} ${name}`;
}

function isKnownKind(kind: string): kind is KnownResource['kind'] {
  return Object.hasOwn(REQUIRED, kind);
}

function withInterface(resource: Resource): Resource {
  const device = resource['device'];
  return device === undefined || resource['interface'] !== undefined
    ? resource
    : { ...resource, interface: device };
}
