import assert from 'node:assert/strict';
import type { Network } from '../../../src/model.ts';
import type { Snapshot, Transaction, Writes } from '../../../src/store.ts';
import { sampleContainer, sampleImage, sampleNetwork } from '../samples.ts';
import { type Check, refused } from './support.ts';

type Named = Pick<Network, 'id' | 'name' | 'state' | 'created'>;

interface NamedTableCase {
  readonly table: string;
  readonly make: (parts: Partial<Named>) => Named;
  readonly tables: (snapshot: Snapshot) => Snapshot['networks' | 'containers' | 'images'];
  readonly writes: (transaction: Transaction) => Writes<Named>;
}

const namedTables: readonly NamedTableCase[] = [
  {
    table: 'networks',
    make: sampleNetwork,
    tables: ({ networks }) => networks,
    writes: ({ networks }) => networks as Writes<Named>,
  },
  {
    table: 'containers',
    make: sampleContainer,
    tables: ({ containers }) => containers,
    writes: ({ containers }) => containers as Writes<Named>,
  },
  {
    table: 'images',
    make: sampleImage,
    tables: ({ images }) => images,
    writes: ({ images }) => images as Writes<Named>,
  },
];

/** What networks, containers and images have in common. */
export function namedTableChecks(check: Check): void {
  for (const { table, make, tables, writes } of namedTables) {
    check(`${table}: what is inserted is found by id, by name and in the list`, async (store) => {
      const value = make({});
      await store.write((transaction) => writes(transaction).insert(value));
      await store.read((snapshot) => {
        assert.deepEqual(tables(snapshot).get(value.id), value);
        assert.deepEqual(tables(snapshot).byName(value.name), value);
        assert.deepEqual(tables(snapshot).list(), [value]);
        assert.equal(tables(snapshot).get('ffffffffffff'), undefined);
        assert.equal(tables(snapshot).byName('nobody'), undefined);
      });
    });

    check(`${table}: a name is taken once, on insert and on update`, async (store) => {
      const [first, second] = [make({ name: 'one' }), make({ name: 'two' })];
      await store.write((transaction) => {
        writes(transaction).insert(first);
        writes(transaction).insert(second);
      });
      await refused(store, 'NAME_TAKEN', (transaction) =>
        writes(transaction).insert(make({ name: 'one' })),
      );
      await refused(store, 'NAME_TAKEN', (transaction) =>
        writes(transaction).update({ ...second, name: 'one' }),
      );
      await refused(store, 'CONSTRAINT_VIOLATED', (transaction) =>
        writes(transaction).insert(make({ id: first.id, name: 'three' })),
      );
      await store.write((transaction) => writes(transaction).update({ ...second, name: 'three' }));
      await store.write((transaction) => writes(transaction).insert(make({ name: 'two' })));
      assert.equal(await store.read((snapshot) => tables(snapshot).byName('three')?.id), second.id);
    });

    check(`${table}: the message for a taken name says the name`, async (store) => {
      await store.write((transaction) => writes(transaction).insert(make({ name: 'shop' })));
      const again = store.write((transaction) =>
        writes(transaction).insert(make({ name: 'shop' })),
      );
      await assert.rejects(again, /shop/);
    });

    check(
      `${table}: update replaces what is there and nothing else; remove is content with nothing`,
      async (store) => {
        const value = make({});
        await refused(store, 'CONSTRAINT_VIOLATED', (transaction) =>
          writes(transaction).update(value),
        );
        await store.write((transaction) => {
          writes(transaction).insert(value);
          writes(transaction).update({ ...value, state: 'removing' });
        });
        assert.equal(
          await store.read((snapshot) => tables(snapshot).get(value.id)?.state),
          'removing',
        );
        await store.write((transaction) => writes(transaction).remove(value.id));
        await store.write((transaction) => writes(transaction).remove(value.id));
        assert.deepEqual(await store.read((snapshot) => tables(snapshot).list()), []);
      },
    );

    check(`${table}: the list is ordered by creation, then by id`, async (store) => {
      const rows = [
        make({ id: 'cccccccccccc', created: '2025-01-01T00:00:00.000Z' }),
        make({ id: 'aaaaaaaaaaaa', created: '2025-01-02T00:00:00.000Z' }),
        make({ id: 'bbbbbbbbbbbb', created: '2025-01-01T00:00:00.000Z' }),
      ];
      await store.write((transaction) => rows.forEach((row) => writes(transaction).insert(row)));
      const ids = await store.read((snapshot) =>
        tables(snapshot)
          .list()
          .map(({ id }) => id),
      );
      assert.deepEqual(ids, ['bbbbbbbbbbbb', 'cccccccccccc', 'aaaaaaaaaaaa']);
    });

    check(
      `${table}: a prefix finds ids that start with it, two unless told otherwise`,
      async (store) => {
        const ids = [
          'ab0000000000',
          'ab1000000000',
          'ab2000000000',
          'ac0000000000',
          'aaffffffffff',
        ];
        await store.write((transaction) =>
          ids.forEach((id) => writes(transaction).insert(make({ id }))),
        );
        const find = (prefix: string, limit?: number): Promise<readonly string[]> =>
          store.read((snapshot) =>
            tables(snapshot)
              .byIdPrefix(prefix, limit)
              .map(({ id }) => id),
          );
        assert.deepEqual(await find('ab'), ['ab0000000000', 'ab1000000000']);
        assert.deepEqual(await find('ab', 9), ['ab0000000000', 'ab1000000000', 'ab2000000000']);
        assert.deepEqual(await find('ac'), ['ac0000000000']);
        assert.deepEqual(await find('ac0000000000'), ['ac0000000000']);
        for (const wild of ['%', '_b', '*', '?b', 'zz', "'"])
          assert.deepEqual(await find(wild), [], wild);
      },
    );
  }
}
