/** Messages of pfctl(8). */
import type { Failure } from './failure.ts';

const FAILED = 'PLATFORM_COMMAND_FAILED';

export const PF_FAILURES: readonly Failure[] = [
  {
    program: 'pfctl',
    pattern: /pf not enabled/,
    reason: 'pf-disabled',
    code: 'FIREWALL_UNAVAILABLE',
    hint: 'turn pf on: service pf onestart, and pf_enable="YES" in /etc/rc.conf',
  },
  {
    program: 'pfctl',
    pattern: /pf already enabled/,
    reason: 'pf-enabled',
    code: FAILED,
    hint: 'nothing is to be done',
  },
  {
    program: 'pfctl',
    pattern: /\/dev\/pf: No such file or directory/,
    reason: 'pf-missing',
    code: 'FIREWALL_UNAVAILABLE',
    hint: 'load pf: kldload pf, and pf_enable="YES" in /etc/rc.conf',
  },
  {
    // FreeBSD 15: an anchor disappears with its last rules, and pfctl then asks for its tables.
    program: 'pfctl',
    pattern: /^nat cleared\n(?:.*\n)*pfctl: Operation not supported by device$/m,
    reason: 'anchor-gone',
    code: FAILED,
    hint: 'list the anchors: pfctl -s Anchors -v',
  },
  {
    program: 'pfctl',
    pattern: /Anchor (?:or Ruleset )?does not exist|DIOCGETRULES: Invalid argument/,
    reason: 'anchor-gone',
    code: FAILED,
    hint: 'list the anchors: pfctl -s Anchors -v',
  },
  {
    program: 'pfctl',
    pattern: /Table does not exist|Unknown error: -1/,
    reason: 'table-gone',
    code: FAILED,
    hint: 'load the rules again: klee system repair',
  },
  {
    program: 'pfctl',
    pattern:
      /syntax error|macro '.*' not defined|Rules must be in order|could not parse host|cannot open the main config/i,
    reason: 'rules-invalid',
    code: FAILED,
    hint: 'pf refused the rules, and the old ones are still in force',
  },
  {
    program: 'pfctl',
    pattern: /DIOC\w+: Device busy/,
    reason: 'busy',
    code: FAILED,
    hint: 'another program changes the rules of pf: try again',
  },
];
