import type { Distribution } from './gate-packages.ts'
import type { Offer } from './gate-upstream.ts'
import { EXPECTED, STRANGER, type Edition, type World } from './gate-world.ts'

/** What an upstream offers and a policy asks, and which sentences a client may read of it. */
export interface GateState {
  readonly edition: Edition
  /** The later one of a name counts. */
  readonly offers: readonly Offer[]
  readonly policy: string
  readonly isHtml?: boolean
  readonly isDead?: boolean
  /** Without `; see LINK`: any of them. None where nothing is refused. */
  readonly sentences: readonly string[]
}

const [DAY_MS, MINUTE_MS] = [86_400_000, 60_000]

/** `demo` 2.0 is what they differ in. */
export function gateStates(world: World): Readonly<Record<string, GateState>> {
  const policy = world.policy({})
  const honest = { edition: 'honest', offers: offersWith(world, 'honest'), policy, sentences: [] } as const
  const strange = { edition: 'strange', policy, ...signedByStranger(world) } as const
  return {
    allowed: honest,
    refused: strange,
    html: { ...strange, isHtml: true },
    unsigned: {
      edition: 'unsigned',
      offers: offersWith(world, 'unsigned'),
      policy,
      sentences: [
        'refused (gate.unsigned): demo 2.0 has no seal, and rule 1 of policy.toml (name demo) asks for one',
      ],
    },
    unlisted: {
      ...honest,
      policy: world.policy({ names: ['needs-demo', 'injected'] }),
      sentences: ['', ' 2.0'].map(
        (version) => `refused (gate.unlisted): demo${version}: no rule of policy.toml lists it`,
      ),
    },
    mixed: mixed(world, policy),
    held: held(world),
    digest: digest(world, policy),
    metadata: metadata(world, policy),
    // The index has switched its provenance off: whether the file is sealed stays open.
    closed: {
      edition: 'closed',
      offers: offersWith(world, 'closed', { provenanceStatus: 403 }),
      policy,
      sentences: ['refused (gate.upstream): demo 2.0: pypi did not tell of its seals; try again in a minute'],
    },
    down: {
      ...honest,
      isDead: true,
      sentences: ['demo', 'needs-demo'].map(
        (name) => `refused (gate.upstream): ${name}: pypi did not answer, and nothing is kept`,
      ),
    },
  }
}

/** With the older releases, and what is beside it. */
function offersWith(
  world: World,
  edition: Edition,
  changes: Parameters<World['offers']>[1] = {},
): readonly Offer[] {
  const others = [...world.older, world.needs, world.injected].flatMap((built) => world.offers(built))
  return [...others, ...world.offers(world.newest[edition], changes)]
}

/** Both files of `demo` 2.0. */
export function signedByStranger(world: World): Pick<GateState, 'offers' | 'sentences'> {
  return { offers: offersWith(world, 'strange'), sentences: [strangerSentence(world)] }
}

function strangerSentence({ signers: { host } }: World): string {
  const signers = `was signed by ${host}/${STRANGER}, expected ${host}/${EXPECTED}`
  return `refused (verify.identity): demo 2.0 ${signers}`
}

/** The wheel is a stranger's, and the sdist that of the project. */
function mixed(world: World, policy: string): GateState {
  return {
    edition: 'mixed',
    offers: offersWith(world, 'mixed'),
    policy,
    sentences: [strangerSentence(world), besides(world.newest.mixed.wheel, 'verify.identity')],
  }
}

/** What is said of the sdist. */
function besides({ fileName }: Distribution, code: string): string {
  return `refused (gate.release): demo 2.0: another file of the release is refused: ${fileName} (${code})`
}

function held(world: World): GateState {
  const uploadedAtMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 2 * DAY_MS
  const from = new Date(uploadedAtMs + 7 * DAY_MS).toISOString().slice(0, 16).replace('T', ' ')
  return {
    edition: 'held',
    offers: offersWith(world, 'held', { uploadedAtMs }),
    policy: world.policy({ keys: 'cooldown = "7d"' }),
    sentences: [`held (gate.held): demo 2.0 is 2 of 7 days old, served from ${from} UTC on`],
  }
}

/** Only the last byte is another one. */
export function withOtherEnd(bytes: Buffer): Buffer {
  const sent = Buffer.from(bytes)
  sent.writeUInt8(sent.readUInt8(sent.length - 1) ^ 1, sent.length - 1)
  return sent
}

function digest(world: World, policy: string): GateState {
  const { wheel } = world.newest.digest
  return {
    edition: 'digest',
    offers: [...offersWith(world, 'digest'), world.offer(wheel, { sent: withOtherEnd(wheel.bytes) })],
    policy,
    sentences: [
      'refused (gate.digest): demo 2.0: pypi sent other bytes than its page says',
      besides(wheel, 'gate.digest'),
    ],
  }
}

/** The metadata beside the wheel wants one package more than that in the wheel. */
function metadata(world: World, policy: string): GateState {
  const { wheel } = world.newest.metadata
  const sentMetadata = Buffer.from(`${wheel.metadata?.toString() ?? ''}Requires-Dist: injected\n`)
  return {
    edition: 'metadata',
    offers: [...offersWith(world, 'metadata'), world.offer(wheel, { sentMetadata })],
    policy,
    sentences: [
      'refused (gate.metadata): demo 2.0: its metadata is not that of the wheel',
      besides(wheel, 'gate.metadata'),
    ],
  }
}

/** Any of them word for word, with a link to what the gate below this URL says of it. */
export function sentencePattern(sentences: readonly string[], gateUrl: string): RegExp {
  const ends = sentences.map((sentence) => escaped(`${sentence}; see ${gateUrl}/why/`))
  return ends.length === 0 ? /(?!)/ : new RegExp(`(?:${ends.join('|')})[0-9a-f]{8}(?![0-9a-f])`)
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
