/** The specification of a new container: the request parsed and checked against driver and image. Pure. */
import type { NetworkDriver } from '../../driver.ts';
import { KleenetError } from '../../errors.ts';
import type { Container, Image, Mount } from '../../model.ts';
import { parseName } from '../../names.ts';
import { quote } from '../../quote.ts';
import { Problems } from './problems.ts';
import { parsePublish } from './publish.ts';
import type { CreateContainerRequest } from './requests.ts';

/** A container without the properties that creation adds. */
export type ContainerSpec = Omit<Container, 'id' | 'state' | 'created' | 'parked'>;

/** The default driver of a container. */
export function defaultDriver(request: CreateContainerRequest): string {
  return request.driver ?? ((request.networks ?? []).length > 0 ? 'ipnet' : 'host');
}

/** @throws KleenetError INVALID_NAME, INVALID_ARGUMENT, FEATURE_UNSUPPORTED */
export function containerSpec(
  request: CreateContainerRequest & { readonly name: string },
  driver: NetworkDriver,
  image: Pick<Image, 'id' | 'name'>,
): ContainerSpec {
  const problems = new Problems();
  const name = problems.parse('name', () => parseName('container', request.name)) ?? '';
  const publish = request.publish ?? [];
  const publishedPorts = publish.flatMap(
    (text) => problems.parse('publish', () => parsePublish(text)) ?? [],
  );
  if (publish.length > 0 && !driver.capabilities.publishPorts) {
    problems.add('publish', cannotPublish(driver));
  }
  const mounts = (request.mounts ?? []).flatMap(
    (text) => problems.parse('mount', () => parseMount(text)) ?? [],
  );
  const env = (request.env ?? []).flatMap(
    (text) => problems.parse('env', () => parseEnv(text)) ?? [],
  );
  const user = problems.parse('user', () => parseUser(request.user ?? '')) ?? '';
  problems.raise();
  return {
    name,
    image: image.name,
    imageId: image.id,
    command: request.command ?? [],
    driver: driver.name,
    stack: driver.capabilities.stack,
    env,
    user,
    mounts,
    jailParameters: request.jailParameters ?? [],
    publishedPorts,
    restart: request.restart ?? 'no',
    terminal: request.terminal ?? false,
    interactive: request.interactive ?? false,
    autoRemove: request.autoRemove ?? false,
  };
}

function cannotPublish(driver: NetworkDriver): KleenetError {
  return new KleenetError(
    'FEATURE_UNSUPPORTED',
    `containers of the driver ${driver.name} cannot publish ports`,
    {
      hint:
        driver.capabilities.stack === 'host'
          ? "its ports are the host's own: leave out --publish"
          : 'use a driver that connects to networks, or leave out --publish',
    },
  );
}

/** `KEY=VALUE`. @throws KleenetError INVALID_ARGUMENT */
export function parseEnv(text: string): string {
  if (/^[^=\0]+=[^\0]*$/s.test(text)) return text;
  throw invalid(`${quote(text)} is not an environment variable`, 'write it as KEY=VALUE');
}

/** A user name, or `UID[:GID]`; empty for the image's default. @throws KleenetError INVALID_ARGUMENT */
export function parseUser(text: string): string {
  if (/^([A-Za-z_][A-Za-z0-9_.-]*\$?|[0-9]{1,10}(:[0-9]{1,10})?)?$/.test(text)) return text;
  throw invalid(`${quote(text)} is not a user`, 'give a user name, UID, or UID:GID');
}

function parseMount(text: string): Mount {
  const [source, target, option, ...rest] = text.split(':');
  const readOnly = option === 'ro';
  const complete = isPath(source) && isPath(target) && target !== '/';
  if (complete && rest.length === 0 && (option === undefined || option === 'rw' || readOnly)) {
    return { source, target, readOnly };
  }
  throw invalid(
    `${quote(text)} is not a mount`,
    'write it as SOURCE:/TARGET or SOURCE:/TARGET:ro, without .. in a path that begins with /',
  );
}

function isPath(text: string | undefined): text is string {
  return (
    text !== undefined &&
    text.startsWith('/') &&
    !text.includes('\0') &&
    !text.split('/').includes('..')
  );
}

function invalid(message: string, hint: string): KleenetError {
  return new KleenetError('INVALID_ARGUMENT', message, { hint });
}
