import type { MapNode } from '../nodes.ts'
import {
  asWritten,
  planned,
  text,
  wrong,
  wrongType,
  writtenOf,
  writtenMap,
  type Place,
  type Reader,
  type Written,
} from './fields.ts'

/** Keywords whose work is GitLab's own: checked for what they must have, kept as written, carried out by nothing here. */
type WrittenMap = { readonly [key: string]: Written }

function mapWith(...required: readonly string[]): Reader<WrittenMap> {
  return (node, place) => {
    if (node.kind !== 'map') return wrongType(node, place, 'a map')
    const missing = required.filter((key) => !node.entries.has(key))
    if (missing.length > 0 && node.isPartial !== true)
      return wrong(node, place, { code: 'ciconfig.value', what: `needs ${missing.join(' and ')}` })
    return writtenOf(node) as WrittenMap
  }
}

const anyTrigger: Reader<WrittenMap> = (node, place) => {
  if (node.kind === 'map') return checkedTrigger(node, place)
  const project = text(node, place)
  return project === undefined ? undefined : { project }
}

function checkedTrigger(node: MapNode, place: Place): WrittenMap | undefined {
  const kinds = ['include', 'project'].filter((key) => node.entries.has(key))
  if (kinds.length !== 1 && node.isPartial !== true)
    return wrong(node, place, { code: 'ciconfig.value', what: 'needs either include or project' })
  return writtenOf(node) as WrittenMap
}
export const trigger = planned(anyTrigger)
export const release = planned(mapWith('tag_name', 'description'))
export const secrets = planned(writtenMap)
export const resourceGroup = text
export const runSteps = planned(asWritten)
export const written = planned(asWritten)

const anyPages: Reader<boolean | WrittenMap> = (node, place) => {
  if (node.kind === 'map') return writtenOf(node) as WrittenMap
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value
  return wrongType(node, place, 'true, false or a map')
}
export const pages = planned(anyPages)

const HOOKS = ['pre_get_sources_script']
export const hooks: Reader<WrittenMap> = (node, place) => {
  const unknown =
    node.kind === 'map' ? [...node.entries.keys()].find((key) => !HOOKS.includes(key)) : undefined
  if (unknown === undefined) return writtenMap(node, place)
  return wrong(node, place, { code: 'ciconfig.unknown', what: `has the unknown key ${unknown}` })
}
