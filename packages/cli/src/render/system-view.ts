import type { SystemReport } from '@kleenet/core';

export interface SystemView {
  readonly version: string;
  readonly platform: string;
  readonly release: string;
  readonly root: string;
  readonly runtime: { readonly name: string; readonly version: string; readonly reason: string };
  readonly status: string;
  readonly status_reasons: readonly string[];
  readonly firewall: string;
  readonly firewall_reasons: readonly string[];
  readonly networks: number;
  readonly containers: number;
  readonly running: number;
  readonly images: number;
  readonly sysctls: readonly { readonly name: string; readonly previous: string }[];
}

export function systemView(
  report: SystemReport,
  klee: { readonly version: string; readonly root: string },
): SystemView {
  const { facts, counts } = report;
  return {
    version: klee.version,
    platform: facts.platform,
    release: facts.release,
    root: klee.root,
    runtime: facts.runtime,
    status: facts.status.state,
    status_reasons: facts.status.reasons,
    firewall: facts.firewall.state,
    firewall_reasons: facts.firewall.reasons,
    networks: counts.networks,
    containers: counts.containers,
    running: counts.running,
    images: counts.images,
    sysctls: report.sysctls,
  };
}
