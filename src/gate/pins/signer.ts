import type { Identity } from '../../verify/index.ts'
import { shownText, withoutScheme } from '../sentence-text.ts'
import type { Pin } from '../facts.ts'

/** Who signed, in the parts by which signers are compared. Each may be an enemy's text. */
export interface Signer {
  readonly issuer: string
  /** Of the repository, or of the person: `gitlab.com/acme/demo`, `mailto:ann@acme.example`. Without a scheme that the host has. */
  readonly repository: string
  /** The same with its scheme. */
  readonly repositoryUri: string
  /** It stays when a repository moves, and no other one gets it. */
  readonly repositoryId: string | undefined
  /** The pipeline file within its repository, or with that of another one before it. Null for signers that are no pipeline. */
  readonly workflow: string | null
  readonly refKind: Pin['refKind']
}

export function signerOf({ san, sanKind, issuer, extensions }: Identity): Signer {
  if (sanKind === 'email') {
    const address = `mailto:${san}`
    const person = { repository: address, repositoryUri: address, repositoryId: undefined }
    return { issuer, ...person, workflow: null, refKind: null }
  }
  const { configUri, ref } = splitSan(san)
  const repositoryUri = extensions.sourceRepositoryUri ?? repositoryIn(configUri)
  const repository = withoutScheme(repositoryUri)
  const config = withoutScheme(configUri)
  return {
    issuer,
    repository,
    repositoryUri,
    repositoryId: extensions.sourceRepositoryIdentifier,
    workflow: config === repository ? null : workflowIn(config, repository),
    refKind: refKindOf(extensions.sourceRepositoryRef ?? ref),
  }
}

/**
 * The SAN of a pipeline is the URI of its file at a ref: the last one, since a name of a branch with an `@refs/` in it
 * then gives a file that no pin has, and never one that some pin has.
 */
function splitSan(san: string): { readonly configUri: string; readonly ref: string | undefined } {
  const at = san.lastIndexOf('@refs/')
  return at === -1
    ? { configUri: san, ref: undefined }
    : { configUri: san.slice(0, at), ref: san.slice(at + 1) }
}

/** Before GitLab's `//` and GitHub's folder of workflows; else all of it. */
function repositoryIn(configUri: string): string {
  const start = configUri.length - withoutScheme(configUri).length
  const marks = ['//', '/.github/workflows/'].map((mark) => configUri.indexOf(mark, start))
  const cut = marks.find((at) => at !== -1)
  return cut === undefined ? configUri : configUri.slice(0, cut)
}

function workflowIn(configUri: string, repository: string): string {
  if (!configUri.startsWith(`${repository}/`)) return configUri
  return configUri.slice(repository.length + 1).replace(/^\//, '')
}

function refKindOf(ref: string | undefined): Pin['refKind'] {
  if (ref === undefined) return null
  if (ref.startsWith('refs/tags/')) return 'tag'
  return ref.startsWith('refs/heads/') ? 'branch' : 'other'
}

/** The same issuer, repository, pipeline file and kind of ref; what a pin leaves open may be any. */
export function identityMatchesPin(identity: Identity, pin: Pin): boolean {
  const signer = signerOf(identity)
  return (
    signer.issuer === pin.issuer &&
    isSameRepository(signer, pin) &&
    (pin.workflow === null || signer.workflow === pin.workflow) &&
    (pin.refKind === null || signer.refKind === pin.refKind)
  )
}

/** A path that was given up can be taken by others; an id cannot, and stays when the repository moves. */
function isSameRepository(signer: Signer, { repository: { kind, value } }: Pin): boolean {
  return kind === 'id' ? signer.repositoryId === value : signer.repository === withoutScheme(value)
}

/** The same repository by its id, under another name than the pin has. */
export function isRenamed({ repository }: Signer, pin: Pin): boolean {
  return pin.repository.kind === 'id' && repository !== pin.shown
}

const REF_WORDS = { tag: 'at a tag', branch: 'on a branch', other: 'at another ref' } as const

/**
 * Two signers in the words in which they differ: by the repository, else with the pipeline file, the kind of ref, the
 * id, the issuer.
 */
export function comparedSigners(
  found: Signer,
  pin: Pin,
): { readonly found: string; readonly expected: string } {
  const [own, pinned] = [shownText(found.repository), shownText(withoutScheme(pin.shown))]
  if (own !== pinned) return { found: own, expected: pinned }
  const pairs: readonly (readonly [string | null, string | null])[] = [
    [withWord('with', found.workflow), withWord('with', pin.workflow)],
    [wordOfRef(found.refKind), wordOfRef(pin.refKind)],
    [withWord('issuer', found.issuer), withWord('issuer', pin.issuer)],
  ]
  const [mine, theirs] = pairs.find(([a, b]) => b !== null && a !== b) ?? []
  if (mine === undefined || theirs === undefined || theirs === null)
    return { found: `${own} with another id`, expected: `the ${pinned} before it` }
  return { found: mine === null ? own : `${own} ${mine}`, expected: `${pinned} ${theirs}` }
}

function withWord(word: string, text: string | null): string | null {
  return text === null ? null : `${word} ${shownText(text)}`
}

function wordOfRef(kind: Pin['refKind']): string | null {
  return kind === null ? null : REF_WORDS[kind]
}
