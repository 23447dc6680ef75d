/** The application's dependency injection: typed tokens and factories, no decorators (esbuild drops their metadata). */
import 'reflect-metadata/lite';
import { container as root } from 'tsyringe';
import type { DependencyContainer, InjectionToken } from 'tsyringe';
import type { CheckedDriver } from './guard/index.ts';

/** Every registered driver. A symbol of the global registry, so that two copies of core agree on it. */
const DRIVER: InjectionToken<CheckedDriver> = Symbol.for('@kleenet/core:driver');

/** Drivers with their own injection container. */
export interface DriverContainer {
  add(driver: CheckedDriver): void;
  find(name: string): CheckedDriver | undefined;
}

/** An empty injection container. */
export function emptyContainer(): DependencyContainer {
  return root.createChildContainer();
}

export function driverContainer(): DriverContainer {
  const drivers = emptyContainer();
  return {
    add: (driver) => {
      drivers.register(DRIVER, { useFactory: () => driver });
    },
    find: (name) =>
      drivers.isRegistered(DRIVER)
        ? drivers.resolveAll(DRIVER).find((driver) => driver.name === name)
        : undefined,
  };
}
