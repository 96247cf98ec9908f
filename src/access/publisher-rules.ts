import { accessErrors } from './errors.ts'

/** What a trusted publisher is known by: the pipeline of one project, at refs of one form, from one file. */
export interface PublisherRule {
  /** Byte for byte the claim `iss`. */
  readonly issuer: string
  /** Of the project in which the pipeline runs, as its issuer spells it. */
  readonly ciProjectPath: string
  /** Its id there. Null until the first token shows it; from then on another project of that path is another one. */
  readonly ciProjectId: string | null
  /** `refs/heads/main`, `refs/tags/v*`: a star stands for anything but a slash. */
  readonly ref: string
  /** Of the pipeline's file in that project. */
  readonly configFile: string
}

/** What a valid id token says of the job that brings it. */
export interface PublishingJob {
  readonly issuer: string
  readonly ciProjectPath: string
  readonly ciProjectId: string
  readonly ref: string
  /** `HOST/PROJECT//FILE@REF`, GitLab's claim `ci_config_ref_uri`. */
  readonly configRef: string
}

const MAX_LENGTH = 512
const ISSUER = /^https?:\/\/[a-z0-9.:[\]-]+(?:\/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-])?$/
const PROJECT = /^[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)+$/
const PROJECT_ID = /^[1-9][0-9]{0,18}$/
const REF = /^refs\/(?:heads|tags)\/[A-Za-z0-9_.*+@-]+(?:\/[A-Za-z0-9_.*+@-]+)*$/
const FILE = /^[A-Za-z0-9_.+-]+(?:\/[A-Za-z0-9_.+-]+)*$/

const FORMS = {
  issuer: [ISSUER, 'an issuer, such as https://gitlab.example.com'],
  ciProjectPath: [PROJECT, 'the path of a project, such as group/project'],
  ref: [REF, 'a ref, such as refs/heads/main or refs/tags/v*'],
  configFile: [FILE, 'the path of a pipeline file, such as .gitlab-ci.yml'],
} as const

/** Throws `access.publisher-rule`. */
export function checkRule(rule: PublisherRule): void {
  for (const [name, [form, words]] of Object.entries(FORMS)) {
    const text = rule[name as keyof typeof FORMS]
    const isPlain = !text.split('/').some((part) => part === '.' || part === '..')
    if (text.length <= MAX_LENGTH && form.test(text) && (name === 'issuer' || isPlain)) continue
    throw accessErrors('access.publisher-rule', `${JSON.stringify(text.slice(0, 80))} is not ${words}`)
  }
  if (rule.ciProjectId !== null && !PROJECT_ID.test(rule.ciProjectId))
    throw accessErrors('access.publisher-rule', 'the id of the project is not a number')
}

/** Why the job is not the publisher of the rule, in words; undefined where it is. Issuer and path are compared before. */
export function differenceOf(rule: PublisherRule, job: PublishingJob): string | undefined {
  if (rule.ciProjectId !== null && rule.ciProjectId !== job.ciProjectId)
    return `the rule is for the project with the id ${rule.ciProjectId}, the id token is from id ${job.ciProjectId}`
  if (!fitsPattern(rule.ref, job.ref)) return `the rule is for ${rule.ref}, the id token is for ${job.ref}`
  const wanted = `${hostOf(rule.issuer)}/${rule.ciProjectPath}//${rule.configFile}@${job.ref}`
  if (job.configRef !== wanted)
    return `the rule is for the pipeline file ${rule.configFile}, the id token is from ${job.configRef}`
  return undefined
}

/** With the path of an issuer below one, as GitLab writes the claim. */
function hostOf(issuer: string): string {
  return issuer.replace(/^https?:\/\//, '')
}

/** Each star takes what it can and gives nothing back to a slash, so no text makes this slow. */
export function fitsPattern(pattern: string, ref: string): boolean {
  const parts = pattern.split('/')
  const names = ref.split('/')
  return parts.length === names.length && parts.every((part, at) => fitsPart(part, names[at] ?? ''))
}

function fitsPart(pattern: string, name: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  const tail = rest.pop()
  if (tail === undefined) return pattern === name
  if (name.length < head.length + tail.length || !name.startsWith(head) || !name.endsWith(tail)) return false
  let from = head.length
  for (const piece of rest) {
    const at = name.indexOf(piece, from)
    if (at === -1) return false
    from = at + piece.length
  }
  return from <= name.length - tail.length
}
