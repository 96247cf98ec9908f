import type { FileReport, LinkedReport, ReleaseReport, ReportedOutcome, SignerReport } from '../gate/index.ts'
import { decisiveFile, minuteOf, outcomeWord, releaseName } from './gate-words.ts'
import { markup, NOTHING, type Markup } from './markup.ts'

/** How the sentences of `verify.identity` and `gate.changed` name both. */
const COMPARED = /^was signed by (.*), (?:expected|earlier releases by) (.*?)(?:; approve with .*)?$/

export interface Compared {
  readonly found: string
  readonly expected: string
}

/** Who signed and who should have, where that is what a file is refused for. */
export function comparedIn({ grounds }: Pick<FileReport, 'grounds'>): Compared | undefined {
  for (const { fact } of grounds) {
    const [, found, expected] = COMPARED.exec(fact) ?? []
    if (found !== undefined && expected !== undefined) return { found, expected }
  }
  return undefined
}

/** The one sentence of a file: who built it where, when, and what the gate makes of it; the wrong part is marked. */
export function verdictSentence(report: ReleaseReport | LinkedReport): Markup {
  const file = decisiveFile(report)
  if (file === undefined) return markup`<code>${releaseName(report)}</code> is ${ofName(report)}.`
  const { signer, fileName } = file
  const decided = decision(report, file)
  if (signer === undefined) return markup`<code>${fileName}</code> is ${decided}.`
  return markup`<code>${fileName}</code> ${madeBy(signer, comparedIn(file))}; it is ${decided}.`
}

/** Of a whole name, or of a release of which nothing is left. */
function ofName({ outcome, gate, rule, ground }: ReleaseReport): Markup {
  if (ground === undefined) return markup`${outcomeWord(outcome)} by gate ${gate}, ${rule}`
  return markup`${outcomeWord(outcome)} by gate ${gate}${because(ground.fact)}`
}

function decision({ gate, mode, rule }: ReleaseReport, file: FileReport): Markup {
  const { outcome, grounds, signer } = file
  const word = outcomeWord(outcome)
  if (outcome === 'allowed') return markup`${word} by gate ${gate}, ${exempting(grounds) ?? rule}`
  if (outcome === 'not judged') return markup`${word} yet by gate ${gate}`
  const inMode = mode === 'enforce' ? '' : ` if its mode were enforce, not ${mode}`
  const compared = signer === undefined ? undefined : comparedIn(file)
  const fact = grounds.find(({ exemptedBy }) => exemptedBy === undefined)?.fact ?? ''
  const why =
    compared === undefined
      ? because(fact, outcome)
      : markup`: expected was <strong>${compared.expected}</strong>`
  return markup`${word} by gate ${gate}${inMode}${why}`
}

function exempting(grounds: FileReport['grounds']): string | undefined {
  return grounds.find(({ exemptedBy }) => exemptedBy !== undefined)?.exemptedBy
}

/** As it follows the name in the sentence of a refusal. */
const ABOUT_IT = /^(?:has|is|was|joined|cannot) /

function because(fact: string, outcome: ReportedOutcome = 'refused'): Markup {
  if (fact === '') return NOTHING
  const tone = outcome === 'held' ? 'wait' : 'bad'
  return markup`, because ${ABOUT_IT.test(fact) ? 'it ' : ''}<mark class="${tone}">${fact}</mark>`
}

function madeBy(signer: SignerReport, compared: Compared | undefined): Markup {
  const { workflow, ref, repository, commit } = builtBy(signer)
  const part = (text: string): Markup =>
    isWrong(text, compared) ? markup`<mark class="bad">${text}</mark>` : markup`${text}`
  const when = markup`signed ${minuteOf(signer.signedAt)}, logged as #${signer.logIndex}`
  if (workflow === undefined) return markup`was signed by ${part(repository)}, ${when}`
  return markup`was built by <code>${part(workflow)}</code>${ref === undefined ? NOTHING : markup` on <code>${part(ref)}</code>`} of ${part(repository)}${commit === undefined ? NOTHING : markup` at commit <code>${commit.slice(0, 7)}</code>`}, ${when}`
}

/** What one side has and the other has not. */
function isWrong(text: string, compared: Compared | undefined): boolean {
  return compared !== undefined && compared.found.includes(text) && !compared.expected.includes(text)
}

interface Built {
  /** Undefined for a signer that is no pipeline. */
  readonly workflow: string | undefined
  readonly ref: string | undefined
  /** Or the address of a person. */
  readonly repository: string
  readonly commit: string | undefined
}

/** The certificate in the words of people. */
export function builtBy({ identity, claims }: SignerReport): Built {
  const { sourceRepositoryUri, sourceRepositoryDigest: commit, sourceRepositoryRef } = claims
  if (sourceRepositoryUri === undefined)
    return { workflow: undefined, ref: undefined, repository: withoutScheme(identity), commit }
  const at = identity.lastIndexOf('@refs/')
  const config = withoutScheme(at === -1 ? identity : identity.slice(0, at))
  const repository = withoutScheme(sourceRepositoryUri)
  const path = config.startsWith(`${repository}/`) ? config.slice(repository.length + 1) : config
  return {
    workflow: path.replace(/^\//, ''),
    ref: sourceRepositoryRef ?? (at === -1 ? undefined : identity.slice(at + 1)),
    repository,
    commit,
  }
}

function withoutScheme(uri: string): string {
  return uri.replace(/^https?:\/\//, '')
}
