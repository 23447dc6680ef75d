import { makeRootFileSystem } from '../support/root-file-system.ts';
import { host } from '../support/command.ts';
import type { Command } from '../support/command.ts';
import { join } from 'node:path';
import { Engine, IMAGE, wordsOf } from './engine.ts';
import type { ContainerOptions } from './engine.ts';

/** Podman and Docker take the same words. */
export abstract class DockerLike extends Engine {
  protected importImage(directory: string): void {
    const archive = join(directory, 'files.tar');
    host('tar', '-C', makeRootFileSystem(join(directory, 'files')), '-cf', archive, '.');
    this.ok(this.command('import', archive, IMAGE));
  }

  async close(): Promise<void> {
    const containers = wordsOf(this.ok(this.command('ps', '-aq')));
    if (containers.length > 0) this.ok(this.removeContainers(...containers));
  }

  running(): number {
    return wordsOf(this.ok(this.command('ps', '-q'))).length;
  }

  down(names: readonly string[]): Command {
    return this.command('stop', '-t', '0', ...names);
  }

  namespaceOf(container: string): string {
    const pid = this.ok(this.command('inspect', '--format', '{{.State.Pid}}', container));
    return `/proc/${pid}/ns/net`;
  }

  protected containerOptions({ network }: ContainerOptions): readonly string[] {
    return network === undefined ? [] : ['--network', network];
  }
}
