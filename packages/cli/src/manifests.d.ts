/** The parts of a plugin's package.json that klee reads. The bundle inlines it. */
interface PluginPackage {
  readonly name: string;
  readonly version: string;
  readonly kleenet: {
    readonly plugin: string;
    readonly apiVersion: number;
    readonly drivers: readonly {
      readonly name: string;
      readonly description: string;
      readonly platforms: readonly ('freebsd' | 'linux' | 'memory')[];
    }[];
  };
}

declare module '@kleenet/driver-ipnet/package.json' {
  const manifest: PluginPackage;
  export default manifest;
}

declare module '@kleenet/driver-vnet/package.json' {
  const manifest: PluginPackage;
  export default manifest;
}
