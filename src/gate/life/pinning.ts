import { isoTimeMs, type WheelsealError } from '../../base/index.ts'
import type { Identity } from '../../verify/index.ts'
import { gateErrors } from '../errors.ts'
import type { Gate } from '../gate.ts'
import type { NameFacts, Pin } from '../facts.ts'
import type { PinReport } from '../report.ts'
import type { GateContext } from './context.ts'
import type { GateParts } from './parts.ts'
import { pinsFrom } from '../pins/events.ts'
import { pinsAsRules } from '../pins/rules.ts'
import { signerOf } from '../pins/signer.ts'
import { routeOf } from './route.ts'
import { routedName } from './serve-page.ts'

export interface NamedPin {
  readonly name: string
  readonly pin: Pin
}

export async function allPins({ store, name: gate }: GateParts): Promise<readonly NamedPin[]> {
  const byName = new Map<string, Awaited<ReturnType<typeof store.listPinEvents>>[number][]>()
  for (const event of await store.listPinEvents(gate)) {
    const before = byName.get(event.name)
    if (before === undefined) byName.set(event.name, [event])
    else before.push(event)
  }
  return [...byName].flatMap(([name, events]) => pinsFrom(events).pins.map((pin) => ({ name, pin })))
}

export function pinReport(
  name: string,
  { shown, issuer, workflow, sinceMs, by }: Pin,
): PinReport & { readonly name: string } {
  return { name, repository: shown, issuer, workflow, since: isoTimeMs(sinceMs), by }
}

type Approval = Parameters<Gate['approve']>[1]

/** Of those who signed any file, the one that is named; else the only one that no pin has. Throws `gate.approve`. */
export async function approvePin(context: GateContext, name: string, asked: Approval): Promise<PinReport> {
  const { parts, views } = context
  const routed = routedName(parts, name)
  const { facts } = await views.view(routed, name)
  const atMs = parts.clock.nowMs()
  const signers = signersOf(facts, { sinceMs: atMs, by: asked.by })
  const meant = signers.filter((pin) => isMeant(pin, asked, facts.pins))
  const [pin] = meant
  if (pin === undefined || meant.some(({ shown }) => shown !== pin.shown)) throw unclear(name, signers, asked)
  const event = { gate: parts.name, name, atMs, by: asked.by, why: asked.why, kind: 'approved' as const }
  for (const one of meant) await parts.store.addPinEvent({ ...event, pin: one })
  views.forget(routed.upstream.key, name)
  parts.log.event('gate.pin-approved', { gate: parts.name, name, repository: pin.shown, by: asked.by })
  return pinReport(name, pin)
}

function unclear(name: string, signers: readonly Pin[], { repository }: Approval): WheelsealError {
  if (signers.length === 0)
    return gateErrors('gate.approve', `no seal of ${name} that the gate has judged holds`, {
      hint: 'let an installer ask for the release first; a package without seals needs a rule or an exemption',
    })
  const known = [...new Set(signers.map(({ shown }) => shown))].slice(0, MAX_SHOWN).join(', ')
  const fact = repository === undefined ? 'has no single new signer' : `was not signed by ${repository}`
  return gateErrors('gate.approve', `${name} ${fact}; signed by: ${known}`)
}

const MAX_SHOWN = 5

/** Of all seals that hold, each once. */
function signersOf(facts: NameFacts, how: Pick<Pin, 'sinceMs' | 'by'>): readonly Pin[] {
  const signers = new Map<string, Pin>()
  for (const { file, seals } of facts.releases.flatMap(({ files }) => files)) {
    const good = seals.kind === 'judged' ? seals.verdicts.filter((one) => one.holds) : []
    for (const { identity } of good) {
      const pin = pinOf(identity, { ...how, fromFiles: [file.fileName] })
      signers.set(JSON.stringify([pin.issuer, pin.repository, pin.workflow, pin.refKind]), pin)
    }
  }
  return [...signers.values()]
}

function isMeant(pin: Pin, { repository }: Approval, pins: readonly Pin[]): boolean {
  // With its host or without: a part of the path may be that of a group of somebody else.
  if (repository !== undefined)
    return [pin.shown, pin.shown.slice(pin.shown.indexOf('/') + 1)].includes(repository)
  return !pins.some(
    (one) => one.issuer === pin.issuer && one.shown === pin.shown && one.workflow === pin.workflow,
  )
}

export async function forgetPins(
  { parts, views }: GateContext,
  name: string,
  { by, why }: { readonly by: string; readonly why: string },
): Promise<void> {
  const { store, clock, log, name: gate } = parts
  if (pinsFrom(await store.listPinEvents(gate, name)).pins.length === 0)
    throw gateErrors('gate.unknown', `gate ${gate} has no pin of ${name}`, {
      hint: "'wheelseal gate pins' lists them",
    })
  await store.addPinEvent({ gate, name, atMs: clock.nowMs(), by, why, kind: 'forgotten' })
  // A name that no upstream takes any more may have pins.
  const routed = routeOf(parts.upstreams, name)
  if (routed !== undefined) views.forget(routed.upstream.key, name)
  log.event('gate.pin-forgotten', { gate, name, by })
}

/** TOML, `[[rules]]` of a policy. */
export async function exportedPins(parts: GateParts): Promise<string> {
  const byName = new Map<string, Pin[]>()
  for (const { name, pin } of await allPins(parts)) byName.set(name, [...(byName.get(name) ?? []), pin])
  return pinsAsRules(byName)
}

function pinOf(identity: Identity, how: Pick<Pin, 'sinceMs' | 'by' | 'fromFiles'>): Pin {
  const { issuer, repository, repositoryUri, repositoryId: id, workflow, refKind } = signerOf(identity)
  const place =
    id === undefined ? { kind: 'uri' as const, value: repositoryUri } : { kind: 'id' as const, value: id }
  return { issuer, repository: place, shown: repository, workflow, refKind, ...how }
}
