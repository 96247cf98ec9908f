import { isNull } from '../nodes.ts'
import {
  asWritten,
  oneOrMore,
  record,
  shownOnly,
  text,
  texts,
  wrong,
  writtenMap,
  type Reader,
  type Written,
} from './fields.ts'
import { readVariables } from './variables.ts'

export interface Image {
  readonly name: string
  readonly entrypoint: readonly string[] | null
  readonly pull_policy: readonly string[]
  readonly docker: { readonly [key: string]: Written }
}

export interface Service extends Image {
  readonly alias: string | null
  readonly command: readonly string[] | null
  readonly variables: Readonly<Record<string, string>>
}

const POLICIES = ['always', 'if-not-present', 'never']

const pullPolicy: Reader<readonly string[]> = (node, place) => {
  const policies = oneOrMore(text)(node, place) ?? []
  if (policies.every((policy) => POLICIES.includes(policy))) return policies
  return wrong(node, place, { code: 'ciconfig.value', what: `must be one of ${POLICIES.join(', ')}` })
}

/** Jobs run with the programs of this machine: there is no container whose start these change. */
export const imageTable = {
  name: text,
  entrypoint: shownOnly(texts),
  docker: shownOnly(writtenMap),
  kubernetes: shownOnly(writtenMap),
  pull_policy: shownOnly(pullPolicy),
}
const imageFields = record(imageTable)

export const image: Reader<Image> = (node, place) => {
  const values = node.kind === 'map' ? imageFields(node, place) : { name: text(node, place) }
  if (values?.name === undefined || values.name === '')
    return wrong(node, place, { code: 'ciconfig.value', what: 'needs a name' })
  return plainImage({ ...values, name: values.name })
}

type Said = { readonly name: string } & {
  readonly [Key in Exclude<keyof Image, 'name'>]?: Image[Key] | undefined
}

/** An image with what is not said of it. */
export function plainImage(values: Said): Image {
  return {
    name: values.name,
    entrypoint: values.entrypoint ?? null,
    pull_policy: values.pull_policy ?? [],
    docker: values.docker ?? {},
  }
}

const serviceTable = {
  name: text,
  alias: text,
  entrypoint: texts,
  command: texts,
  variables: readVariables({ isTopLevel: false }),
  docker: writtenMap,
  kubernetes: asWritten,
  pull_policy: pullPolicy,
}
const serviceFields = record(serviceTable)

const service: Reader<Service> = (node, place) => {
  const values = node.kind === 'map' ? serviceFields(node, place) : { name: text(node, place) }
  if (values?.name === undefined || values.name === '')
    return wrong(node, place, { code: 'ciconfig.value', what: 'needs a name' })
  const {
    name,
    alias = null,
    command = null,
    variables = [],
    ...more
  } = { ...NO_SERVICE, ...values, name: values.name }
  return {
    ...plainImage({ name, ...more }),
    alias,
    command,
    variables: Object.fromEntries(variables.map(({ key, value }) => [key, value])),
  }
}

const NO_SERVICE: Partial<ReturnType<typeof serviceFields>> = {}

/** As GitLab's shell executor, jobs run without them; the plan and the runner say so. */
export const services: Reader<readonly Service[]> = shownOnly((node, place) =>
  isNull(node) ? [] : oneOrMore(service)(node, place),
)
