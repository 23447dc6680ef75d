// uvu, but a test whose name does not match is skipped.
import * as uvu from 'uvu';

const pattern = new RegExp(process.env.KLEENET_TEST ?? '');

export const { exec } = uvu;
export const test = filtered(uvu.test);
export const suite = (...words) => filtered(uvu.suite(...words));

function filtered(real) {
  const matching = (name, run) => (pattern.test(name) ? real(name, run) : real.skip(name, run));
  return Object.assign(matching, real);
}
