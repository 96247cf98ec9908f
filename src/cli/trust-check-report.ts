import type { JsonValue } from '../base/index.ts'
import type { ClientReport, Setting, Trial, TrustCheckReport } from '../client/trust-check/index.ts'
import type { Line, Mark } from './screen.ts'

export function isAllRight({ clock, clients, unknown }: TrustCheckReport): boolean {
  const isPassed = clients.every(({ outcome }) => outcome === 'passed')
  return isPassed && clients.length > 0 && unknown.length === 0 && clock.isRight
}

export function checkJson({ url, identity, clock, clients, unknown }: TrustCheckReport): JsonValue {
  return {
    url,
    identity,
    clock: { ...clock },
    clients: clients.map(({ settings, asSet, corrected, ...rest }) => ({
      ...rest,
      settings: settings.map(({ name, value, state, why, fix }) => ({
        name,
        value,
        state,
        why,
        fix,
      })),
      asSet: asSet === null ? null : { ...asSet },
      corrected: corrected === null ? null : { ...corrected },
    })),
    unknown: unknown.map(({ program, why }) => ({
      program,
      why,
    })),
  }
}

/** What is wrong stands under its client, the fault first and how to mend it below. */
export function checkLines(report: TrustCheckReport, url: string): readonly Line[] {
  const { clock, clients, unknown, identity } = report
  return [
    `stock clients and ${url}`,
    ...clockLines(clock),
    ...(identity === null ? ['no id token: settings are compared, and nothing is signed'] : []),
    ...(clients.length + unknown.length === 0
      ? ['none of cosign, sigstore and rekor-cli is on the PATH: name them with --client']
      : []),
    ...clients.flatMap((client) => clientLines(client)),
    ...unknown.map(({ program, why }): Line => ({
      mark: 'undecided',
      text: `${program} is not checked: ${why}`,
    })),
    ...(clients.some(({ outcome }) => outcome === 'failed') ? exportLines(url) : []),
  ]
}

function clockLines({ skewSeconds, isRight }: TrustCheckReport['clock']): readonly Line[] {
  if (isRight || skewSeconds === null) return []
  const way = skewSeconds > 0 ? 'ahead of' : 'behind'
  const seconds = Math.abs(skewSeconds)
  return [
    {
      mark: 'failed',
      text: `the clock of this machine is ${seconds} seconds ${way} that of the instance: certificates and tokens are refused as expired or not yet valid`,
    },
    '    fix: set the clocks by NTP',
  ]
}

const MARKS: Readonly<Record<ClientReport['outcome'], Mark>> = {
  passed: 'passed',
  failed: 'failed',
  undecided: 'undecided',
}

function clientLines(client: ClientReport): readonly Line[] {
  const { outcome, settings } = client
  const shown = outcome === 'passed' ? settings.filter(({ state }) => state === 'note') : settings
  return [
    {
      mark: MARKS[outcome],
      text: `${nameOf(client)}: ${summary(client)} (${client.program})`,
    },
    ...shown.flatMap((setting) => settingLines(setting)),
    ...(outcome === 'passed' ? [] : asSetLines(client)),
    ...(client.corrected === null ? [] : trialLines('with a new export alone', client)),
  ]
}

/** `cosign 2` with its version is `cosign 2.2.3`. */
function nameOf({ client, version }: ClientReport): string {
  return `${client.split(' ')[0] ?? client} ${version}`
}

function summary({ client, outcome, asSet, elsewhere }: ClientReport): string {
  if (outcome === 'passed') return client === 'rekor-cli' ? 'verifies' : 'signs and verifies'
  if (outcome === 'undecided') return 'nothing was signed'
  if (asSet?.outcome === 'passed') return 'signs and verifies, but a setting is wrong'
  return elsewhere.length > 0 ? 'is not set up for this instance' : 'does not sign or verify'
}

function settingLines({ name, value, state, why, fix }: Setting): readonly Line[] {
  const what = value === null ? name : `${name}=${value}`
  return [`    ${state.padEnd(7)}  ${what}: ${why}`, ...(fix === null ? [] : [`             fix: ${fix}`])]
}

function asSetLines(client: ClientReport): readonly Line[] {
  if (client.asSet !== null) return trialLines('as it is set', client)
  if (client.elsewhere.length === 0) return []
  return [`    as it is set: not run, because it would ask ${client.elsewhere.join(', ')}`]
}

function trialLines(how: 'as it is set' | 'with a new export alone', client: ClientReport): readonly Line[] {
  const trial = how === 'as it is set' ? client.asSet : client.corrected
  if (trial === null) return []
  return [`    ${how}: ${trialText(trial)}`, ...trial.said.map((line) => `      | ${line}`)]
}

function trialText({ outcome, step }: Trial): string {
  return outcome === 'passed' ? 'passed' : `${step ?? ''} ${outcome}`
}

function exportLines(url: string): readonly string[] {
  return ['', `the files of a fix come from: wheelseal trust export --out trust --url ${url}`]
}
