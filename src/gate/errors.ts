import { defineErrors } from '../base/index.ts'

const refused = { status: 403, exit: 1 } as const

/** Refusals that reach users of installers, and what goes wrong with a gate itself. */
export const gateErrors = defineErrors({
  'gate.unsigned': {
    ...refused,
    summary: 'A file has no seal, and the policy of the gate asks for one.',
    hint: 'ask its maintainers to publish with attestations, or exempt the file in the policy',
  },
  'gate.downgrade': {
    ...refused,
    summary: 'A file has no seal, but earlier releases of its package have.',
    hint: 'use an earlier release; a release that an attacker made looks like this',
  },
  'gate.changed': {
    ...refused,
    summary: 'A file was signed by someone other than earlier releases of its package.',
    hint: 'compare both signers; if the move is real, run: wheelseal gate approve NAME',
  },
  'gate.held': {
    ...refused,
    summary: 'A file is younger than the cooldown of the policy.',
    hint: 'use an earlier release until then',
  },
  'gate.late': {
    ...refused,
    summary: 'A file joined its release long after the others, and the expected signer did not sign it.',
    hint: 'use another file of the release, or exempt this one in the policy',
  },
  'gate.release': {
    ...refused,
    summary: 'Another file of the same release is refused.',
    hint: 'use another release; the page of the refusal names the file',
  },
  'gate.unlisted': {
    ...refused,
    summary: 'No rule of the policy lists the package.',
    hint: 'add a rule for the package, or a table [unlisted], to the policy',
  },
  'gate.private': {
    ...refused,
    summary: 'A private name has no package in its upstream, and is never looked up elsewhere.',
    hint: 'check the spelling, or publish the package to that upstream first',
  },
  'gate.metadata': {
    ...refused,
    summary:
      'The metadata next to a wheel is not that of the wheel, or a file is of another name or version than its file name.',
    hint: 'do not use this release, and tell the people who run the upstream',
  },
  'gate.digest': {
    ...refused,
    summary: 'The upstream sent other bytes than its page says, or another digest than before.',
    hint: 'do not use this release, and tell the people who run the upstream',
  },
  'gate.gone': {
    ...refused,
    summary: 'The upstream no longer lists the file.',
    hint: 'use another release',
  },
  'gate.quarantined': {
    ...refused,
    summary: 'The upstream has put the package in quarantine.',
    hint: 'remove the package from your environments and read why it is in quarantine',
  },
  'gate.split-view': {
    ...refused,
    summary:
      'A log has signed two different trees of the same size, and the seal of a file is in one of them.',
    hint: 'do not use the file; send both checkpoints, which wheelseal why shows, to the people who run the log',
  },
  'gate.blind': {
    ...refused,
    summary: 'The upstream never tells of seals, and the policy asks for one.',
    hint: 'set provenance_url or seals of the upstream in the configuration of the gate',
  },
  'gate.upstream': {
    status: 424,
    exit: 1,
    summary: 'The upstream of the gate gave no usable answer.',
    hint: 'try again; if it stays, see wheelseal gate status',
  },
  'gate.registry': {
    status: 424,
    exit: 1,
    summary: 'An upstream that is the registry of this server gave no usable answer.',
    hint: 'see wheelseal gate status; create the project or group, or correct registry of the upstream',
  },
  'gate.stale': {
    ...refused,
    summary: 'The upstream was unreachable for longer than the gate may serve what it kept.',
    hint: 'see wheelseal gate status for why the upstream does not answer',
  },
  'gate.trust': {
    ...refused,
    summary: 'The trust root of the upstream has ended.',
    hint: 'refresh it: wheelseal trust update, or restart the gate with network',
  },
  'gate.clock': {
    ...refused,
    summary: 'The clock of the gate is wrong, or a file was signed at a time that is still to come.',
    hint: 'compare the clock of the gate; if it is right, that of the log or timestamp authority is wrong',
  },
  'gate.approve': {
    status: 400,
    exit: 2,
    summary: 'It is not clear whose signatures of a package are to be approved.',
    hint: 'name the new repository with --repository, as wheelseal why shows it',
  },
  'gate.unknown': {
    status: 404,
    exit: 1,
    summary: 'The gate has no such name, file or refusal.',
    hint: 'check the name, the version and the URL',
  },
})

export type GateCode = Parameters<typeof gateErrors>[0]
