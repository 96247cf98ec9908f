import { compare, parse, valid, type Pep440Version } from '@renovatebot/pep440'
import { pythonErrors } from './errors.ts'
import { shown } from './name.ts'

const MAX_LENGTH = 128
/** Beyond these digits two numbers may look the same to the library, which reads them as doubles. */
const TOO_MANY_DIGITS = /[0-9]{16}/

export interface Version {
  /** PEP 440's normal form: `V1.0-ALPHA` is `1.0a0`. */
  readonly normal: string
  /** The same for versions that are equal: `1.0` and `1.0.0` are `1`. */
  readonly key: string
}

/** Whether an installer may read it as a version: also where it is longer, or has more digits, than is read here. */
export function isVersion(text: string): boolean {
  return valid(text) !== null
}

/** Throws `python.version`. */
export function parseVersion(text: string): Version {
  const parts = text.length <= MAX_LENGTH && !TOO_MANY_DIGITS.test(text) ? parse(text) : null
  if (parts === null) throw pythonErrors('python.version', `${shown(text)} is not a version`)
  const [head, tail] = [formatEpoch(parts), formatSuffixes(parts) + formatLocal(text)]
  return {
    normal: head + parts.release.join('.') + tail,
    key: head + withoutLastZeros(parts.release).join('.') + tail,
  }
}

/** Below 0 where the first is the older; both in PEP 440's normal form. */
export function compareVersions(one: string, other: string): number {
  return compare(one, other)
}

/** Neither a pre-release nor a development release, which installers take only where they are asked to. */
export function isFinal(normal: string): boolean {
  const parts = parse(normal)
  return parts !== null && !parts.pre && !parts.dev
}

function formatEpoch({ epoch }: Pep440Version): string {
  return epoch === 0 ? '' : `${epoch}!`
}

function formatSuffixes({ pre, post, dev }: Pep440Version): string {
  return [pre?.join('') ?? '', post ? `.${post.join('')}` : '', dev ? `.${dev.join('')}` : ''].join('')
}

/** Not the library's: it reads `0e9`, the beginning of a commit's hash, as the number 0. */
function formatLocal(text: string): string {
  const [, local] = text.toLowerCase().split('+')
  if (local === undefined) return ''
  const parts = local.split(/[-_.]/).map((part) => part.replace(/^0+(?=[0-9]+$)/, ''))
  return `+${parts.join('.')}`
}

function withoutLastZeros(release: readonly number[]): readonly number[] {
  const last = release.findLastIndex((part) => part !== 0)
  return release.slice(0, Math.max(last, 0) + 1)
}
