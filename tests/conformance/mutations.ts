/** For tests only: real bundles changed in one place each, by a seed, and two verdicts on them. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parsePublicKeyPem } from '../../src/formats/x509/index.ts'
import { artifactOf, exactly, trustRootFromJson, verifyBundle } from '../../src/verify/index.ts'
import { readCases, sigstoreJs, type Case } from './cases.ts'

type Json = null | boolean | number | string | Json[] | { [member: string]: Json }
type Holder = { [member: string]: Json } | Json[]

export interface Mutation {
  readonly of: string
  readonly kind: string
  readonly text: string
}

export interface Judge {
  /** The reason of our refusal, undefined when we accept. */
  ours(text: string): string | undefined
  /** The same of `@sigstore/verify`. */
  theirs(text: string): string | undefined
}

/** The same for the same seed and place, on every machine. */
class Dice {
  #state: Buffer
  constructor(seed: string) {
    this.#state = createHash('sha256').update(seed).digest()
  }

  below(limit: number): number {
    this.#state = createHash('sha256').update(this.#state).digest()
    return this.#state.readUInt32BE(0) % limit
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }
}

interface Place {
  readonly holder: Holder
  readonly member: string
  readonly value: Json
  readonly path: readonly string[]
}

function places(value: Json, path: readonly string[] = [], found: Place[] = []): readonly Place[] {
  if (value === null || typeof value !== 'object') return found
  for (const [member, one] of Object.entries(value)) {
    const own = { holder: value, member, value: one, path: [...path, member] }
    found.push(own)
    places(one, own.path, found)
  }
  return found
}

function set({ holder, member }: Place, value: Json): void {
  ;(holder as { [member: string]: Json })[member] = value
}

const BASE64 = /^[A-Za-z0-9+/]{8,}={0,2}$/
const NUMBER = /^[0-9]+$/
const textOf = (place: Place): string => place.value as string
const isText = ({ value }: Place): boolean => typeof value === 'string'

const ALPHABET = '0123456789ABCDEFabcdef+/=-_ "\\\n{}[],:é'.split('')

function flipText(text: string, dice: Dice): string {
  const at = dice.below(text.length)
  return text.slice(0, at) + dice.pick(ALPHABET) + text.slice(at + 1)
}

type Change = (root: Json, dice: Dice, donor: Json) => void

const strings = (root: Json, fits: (text: string) => boolean): readonly Place[] =>
  places(root).filter((place) => isText(place) && fits(textOf(place)))

const isEncodedText = (text: string): boolean =>
  BASE64.test(text) && /^[\s\S]?[[{"]/.test(Buffer.from(text, 'base64').toString('latin1'))

const KINDS: Readonly<Record<string, Change>> = {
  'a bit of decoded bytes': (root, dice) => {
    const place = dice.pick(strings(root, (text) => BASE64.test(text)))
    const bytes = Buffer.from(textOf(place), 'base64')
    bytes[dice.below(bytes.length)]! ^= 1 << dice.below(8)
    set(place, bytes.toString('base64'))
  },
  'a character of an encoded document': (root, dice) => {
    const place = dice.pick(strings(root, isEncodedText))
    const text = flipText(Buffer.from(textOf(place), 'base64').toString(), dice)
    set(place, Buffer.from(text).toString('base64'))
  },
  'a character of the checkpoint': (root, dice) => {
    const place = dice.pick(strings(root, (text) => text.includes('\n— ')))
    set(place, flipText(textOf(place), dice))
  },
  'a number': (root, dice) => {
    const place = dice.pick(strings(root, (text) => NUMBER.test(text)))
    const number = Number(textOf(place))
    const others = [number + 1, number - 1, -number, number + 86_400, number - 86_400, 0, 2 ** 53]
    set(
      place,
      dice.pick([...others.map(String), `0${number}`, `+${number}`, `${number}.0`, number, '', null]),
    )
  },
  'a member that is gone': (root, dice) => {
    const { holder, member } = dice.pick(places(root))
    if (Array.isArray(holder)) holder.splice(Number(member), 1)
    else delete holder[member]
  },
  'a member of another bundle': (root, dice, donor) => {
    const own = new Map(places(root).map((place) => [place.path.join('/'), place]))
    const both = places(donor).filter(({ path }) => own.has(path.join('/')))
    const chosen = dice.pick(both)
    set(own.get(chosen.path.join('/'))!, chosen.value)
  },
  'an element that stands twice': (root, dice) => {
    const lists = places(root).filter(({ value }) => Array.isArray(value) && value.length > 0)
    const list = dice.pick(lists).value as Json[]
    list.push(structuredClone(dice.pick(list)))
  },
  'another spelling': (root, dice) => {
    const place = dice.pick(strings(root, (text) => BASE64.test(text)))
    const text = textOf(place)
    const spellings = [
      text.replaceAll('=', ''),
      text.replaceAll('+', '-').replaceAll('/', '_'),
      `${text.slice(0, 4)}\n${text.slice(4)}`,
      ` ${text}`,
      `${text}=`,
      text.toLowerCase(),
    ]
    set(place, dice.pick(spellings))
  },
  'a member that nobody knows': (root, dice) => {
    const holders = places(root).filter(
      ({ value }) => value !== null && typeof value === 'object' && !Array.isArray(value),
    )
    set({ ...dice.pick(holders), holder: dice.pick(holders).value as Holder, member: 'unknown' }, 'x')
  },
  'another version': (root, dice) => {
    const versions = [
      '+json;version=0.1',
      '+json;version=0.2',
      '+json;version=0.3',
      '.v0.3+json',
      '.v0.4+json',
    ]
    ;(root as { [member: string]: Json })['mediaType'] =
      `application/vnd.dev.sigstore.bundle${dice.pick(versions)}`
  },
}
const KIND_NAMES = Object.keys(KINDS)
const TEXT_KIND = 'a character of the file'

/** Case `index` of a seed. */
export function mutationOf(seed: string, index: number, cases: readonly Case[]): Mutation {
  const dice = new Dice(`${seed}/${index}`)
  const one = dice.pick(cases)
  const text = readText(one.bundlePath)
  const kind = [TEXT_KIND, ...KIND_NAMES][index % (KIND_NAMES.length + 1)]!
  if (kind === TEXT_KIND) return { of: one.name, kind, text: flipText(text, dice) }
  const root = JSON.parse(text) as Json
  KINDS[kind]!(root, dice, JSON.parse(readText(dice.pick(cases).bundlePath)) as Json)
  return { of: one.name, kind, text: JSON.stringify(root) }
}

const texts = new Map<string, string>()
function readText(path: string): string {
  const known = texts.get(path) ?? readFileSync(path, 'utf8')
  texts.set(path, known)
  return known
}

/** The cases that verify: what is changed must have been good. */
export function goodCases(): readonly Case[] {
  return readCases().filter(({ mustFail }) => !mustFail)
}

export function judgeOf(one: Case): Judge {
  const file = new Uint8Array(readFileSync(one.artifactPath))
  const trustRoot = trustRootFromJson(readFileSync(one.rootPath, 'utf8'))
  const who =
    one.keyPath === undefined
      ? { policy: { anyOf: [{ san: exactly(one.san), issuer: exactly(one.issuer) }] } }
      : { key: parsePublicKeyPem(readFileSync(one.keyPath, 'utf8')) }
  const js = sigstoreJs(one)
  return {
    ours(text) {
      const verdict = verifyBundle({ bundle: text, artifact: artifactOf(file), trustRoot, ...who })
      return verdict.verified ? undefined : verdict.reason
    },
    theirs(text) {
      let json: unknown
      try {
        json = JSON.parse(text)
      } catch {
        return 'not JSON'
      }
      return js(json, file)
    },
  }
}
