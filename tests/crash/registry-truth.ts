/** Compares what a server shows with what was sent to it and acknowledged. Each function gives what is wrong. */
import { setTimeout as wait } from 'node:timers/promises'
import {
  digestOf,
  headersOf,
  otherOf,
  packagesUrl,
  placeOf,
  send,
  type Record,
  type RuleKind,
  type Sent,
} from './registry-client.ts'

export interface Asking {
  readonly url: string
  readonly token: string
  readonly record: Record
}

interface Listed {
  readonly filename: string
  readonly url: string
  readonly hashes: { readonly sha256: string }
  readonly yanked?: string | boolean
  readonly 'core-metadata'?: { readonly sha256: string } | boolean
  readonly provenance?: string | null
}

type Page = ReadonlyMap<string, Listed>

/** What the page must not show as soon as there is one, whichever rule is about to come into force. */
export async function wrongAtOnce(asking: Asking): Promise<readonly string[]> {
  const before = await ruleOf(asking)
  const page = await pageOf(asking)
  const after = await ruleOf(asking)
  if (before.kind !== after.kind || before.kind === 'off') return []
  return asking.record.sent
    .filter(({ fileName, seal }) => seal === 'none' && page.has(fileName))
    .map(({ fileName }) => `${fileName} is listed, and the rule in force does not allow it`)
}

/** Waits until one of the rules that may be is in force, and takes it for the acknowledged one. */
export async function settledRule({ record, ...asking }: Asking): Promise<readonly string[]> {
  let rule = await ruleOf(asking)
  while (rule.phase !== 'in force') {
    await wait(10)
    rule = await ruleOf(asking)
  }
  const wrong = record.rules.includes(rule.kind)
    ? []
    : [`the rule ${record.rules.join(' or ')} is ${rule.kind}`]
  Object.assign(record, { rules: [rule.kind], isRuleChanging: false })
  return wrong
}

/** Of the whole page, by the rule in force; and of these files, by all of their bytes. */
export async function wrongOf(asking: Asking, files: readonly Sent[]): Promise<readonly string[]> {
  const page = await pageOf(asking)
  const wrong = [...wrongListed(asking.record, page)]
  for (const file of files) wrong.push(...(await wrongFile(asking, file, page.get(file.fileName))))
  return wrong
}

function wrongListed({ sent, rules }: Record, page: Page): readonly string[] {
  const known = new Map(sent.map((file) => [file.fileName, file]))
  const foreign = [...page.values()]
    .filter(({ filename, hashes }) => known.get(filename)?.sha256 !== hashes.sha256)
    .map(({ filename, hashes }) => `${filename} is listed with ${hashes.sha256}`)
  const distributions = sent.filter(({ kind }) => kind === 'distribution')
  const wrong = distributions.flatMap((file) => wrongRow(file, page.get(file.fileName), rules[0] === 'off'))
  return [...foreign, ...wrong]
}

function wrongRow(file: Sent, listed: Listed | undefined, isOff: boolean): readonly string[] {
  const { fileName, seal, isAcknowledged, yank } = file
  if (listed === undefined) {
    const isMissing = isAcknowledged && (isOff || seal === 'verified')
    return isMissing ? [`${fileName} is not listed`] : []
  }
  if (seal === 'none' && !isOff) return [`${fileName} is listed, unsigned`]
  if (yank?.isAcknowledged !== true || listed.yanked === yank.reason) return []
  return [`${fileName} is yanked: ${String(listed.yanked)}`]
}

async function wrongFile(asking: Asking, file: Sent, listed: Listed | undefined): Promise<readonly string[]> {
  const { fileName, sha256, kind } = file
  const wrong: string[] = []
  const isDistribution = kind === 'distribution'
  const path = isDistribution ? `pypi/files/${sha256}/${fileName}` : placeOf(file)
  const found = await digestAt(asking, `${packagesUrl(asking.url)}/${path}`)
  const isExpected = found === sha256 || (found === '404' && !file.isAcknowledged && listed === undefined)
  if (!isExpected) wrong.push(`${path} is ${found}`)
  if (listed !== undefined) wrong.push(...(await wrongBeside(asking, file, listed)))
  return wrong
}

/** What the page names beside the file: metadata and provenance. */
async function wrongBeside(asking: Asking, file: Sent, listed: Listed): Promise<readonly string[]> {
  const { fileName } = file
  const wrong: string[] = []
  const metadata = listed['core-metadata']
  const url = new URL(listed.url, `${packagesUrl(asking.url)}/pypi/simple/demo/`)
  url.hash = ''
  if (typeof metadata === 'object') {
    const found = await digestAt(asking, `${url.href}.metadata`)
    if (found !== metadata.sha256) wrong.push(`the metadata of ${fileName} are ${found}`)
  } else if (fileName.endsWith('.whl')) wrong.push(`${fileName} has no metadata`)
  if (typeof listed.provenance === 'string') {
    const found = await digestAt(asking, listed.provenance)
    if (found.length !== 64) wrong.push(`the provenance of ${fileName} is ${found}`)
  } else if (file.hasProvenance) wrong.push(`${fileName} has no provenance`)
  return wrong
}

/**
 * Sends other bytes under the same name. Refused where the first were acknowledged; where they were not, either of both
 * may be the file, and the record then says which.
 */
export async function wrongNames(asking: Asking, files: readonly Sent[]): Promise<readonly string[]> {
  const wrong: string[] = []
  for (const file of files) {
    if (file.kind === 'side file') continue
    const other = otherOf(file)
    const { status } = await send(asking, other)
    if (file.isAcknowledged ? status !== 400 : status !== 400 && status !== 201)
      wrong.push(`other bytes for ${file.fileName}: ${status}`)
    if (status === 201) asking.record.sent.splice(asking.record.sent.indexOf(file), 1, other)
    const kept = status === 201 ? other : file
    kept.isAcknowledged = true
  }
  return wrong
}

async function digestAt(asking: Pick<Asking, 'token'>, url: string): Promise<string> {
  const response = await fetch(url, { headers: headersOf(asking) })
  const bytes = new Uint8Array(await response.arrayBuffer())
  return response.status === 200 ? digestOf(bytes) : String(response.status)
}

async function pageOf(asking: Pick<Asking, 'url' | 'token'>): Promise<Page> {
  const headers = { ...headersOf(asking), accept: 'application/vnd.pypi.simple.v1+json' }
  const response = await fetch(`${packagesUrl(asking.url)}/pypi/simple/demo/`, { headers })
  if (response.status === 404) return new Map()
  const { files } = (await response.json()) as { readonly files: readonly Listed[] }
  return new Map(files.map((file) => [file.filename, file]))
}

async function ruleOf(asking: Pick<Asking, 'url' | 'token'>): Promise<{ kind: RuleKind; phase: string }> {
  const response = await fetch(`${packagesUrl(asking.url)}/pypi/rule`, { headers: headersOf(asking) })
  const { rule, phase } = (await response.json()) as { rule: { kind: RuleKind } | null; phase: string }
  return { kind: rule?.kind ?? 'off', phase }
}
