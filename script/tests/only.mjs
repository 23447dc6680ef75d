// Preloaded by run-tests.mjs --test: tests whose names do not match KLEENET_TEST are skipped.
import { register } from 'node:module';

register('./only-hooks.mjs', import.meta.url);
