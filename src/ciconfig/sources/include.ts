import { mergeFiles } from '../merge.ts'
import { mapNode, type SourceMap } from '../nodes.ts'
import { resolveReferences } from '../references.ts'
import { startOf, type Position } from '../report.ts'
import { decideRules } from '../rules/decide.ts'
import { includeGlob } from '../rules/glob.ts'
import type { Surroundings } from '../rules/surroundings.ts'
import { expander, scopeOf } from '../scope.ts'
import { readFile } from './file.ts'
import { readIncludes, type IncludeEntry, type Target } from './include-entries.ts'
import type { GivenInputs } from './inputs.ts'
import type { ParsedTexts } from './parsed-texts.ts'
import { labelOf, type Address, type FoundText, type RepositoryAt, type Sources } from './sources.ts'

export interface IncludeContext {
  readonly sources: Sources
  readonly surroundings: Surroundings
  readonly parsed: ParsedTexts
}

/** GitLab's limits: files that a pipeline may include, and one against chains that never end. */
const MAX_INCLUDES = 150
const MAX_DEPTH = 100
const MAX_TOTAL_LENGTH = 8 << 20

/**
 * The pipeline's map: each file is laid over those that it includes, depth first. Without the first file there is a
 * problem and an empty map.
 */
export async function readSources(file: string, context: IncludeContext): Promise<SourceMap> {
  const includer = new Includer(context)
  const address: Address = { kind: 'file', repository: null, path: file }
  return (
    (await includer.read(address, { at: startOf(file), given: new Map(), path: [] })) ??
    mapNode(startOf(file), new Map())
  )
}

/** Who asks for a file. */
interface Asked {
  readonly at: Position
  readonly given: GivenInputs
  /** The files in which this one is included, the outermost first. */
  readonly path: readonly string[]
}

class Includer {
  readonly #context: IncludeContext
  #includes = 0
  #length = 0
  #hasTooMuch = false

  constructor(context: IncludeContext) {
    this.#context = context
  }

  async read(address: Address, asked: Asked): Promise<SourceMap | undefined> {
    const found = await this.#text(address, asked)
    if (found === undefined) return undefined
    const place = found.place === undefined ? address : { kind: 'file' as const, ...found.place }
    const file = labelOf(place)
    const { surroundings, parsed } = this.#context
    const content = readFile(found.text, {
      file,
      report: surroundings.report,
      given: asked.given,
      at: asked.at,
      variables: scopeOf(surroundings.known, { yaml: [] }),
      component: found.component,
      parsed,
    })
    return content === undefined ? undefined : this.#withIncluded(content, { place, asked, file })
  }

  async #text(address: Address, { at, given, path }: Asked): Promise<FoundText | undefined> {
    const key = `${JSON.stringify(address)} ${JSON.stringify([...given].map(([name, { value }]) => [name, value]))}`
    const label = labelOf(address)
    const isFirst = path.length === 0
    if (path.includes(key)) return this.#fail(at, `${label} includes itself`)
    if (path.length > MAX_DEPTH)
      return this.#tooMuch(at, `files are included more than ${MAX_DEPTH} levels deep`)
    if (!isFirst && ++this.#includes > MAX_INCLUDES)
      return this.#tooMuch(at, `the pipeline includes more than ${MAX_INCLUDES} files`)
    const found = await this.#context.sources.read(address)
    if (found.kind === 'absent') return this.#absent(address, { at, isFirst, reason: found.reason })
    this.#length += found.text.length
    if (this.#length > MAX_TOTAL_LENGTH)
      return this.#tooMuch(
        at,
        `the files of the pipeline have more than ${MAX_TOTAL_LENGTH} characters together`,
      )
    return found
  }

  #absent(
    address: Address,
    {
      at,
      isFirst,
      reason,
    }: { readonly at: Position; readonly isFirst: boolean; readonly reason: string | undefined },
  ): undefined {
    const { report } = this.#context.surroundings
    if (isFirst) report.problem(at, 'ciconfig.absent', reason ?? 'the file does not exist')
    else this.#fail(at, `${labelOf(address)}: ${reason ?? 'the file does not exist'}`)
  }

  async #withIncluded(
    content: SourceMap,
    { place, asked, file }: { readonly place: Address; readonly asked: Asked; readonly file: string },
  ): Promise<SourceMap> {
    const include = content.entries.get('include')
    if (include === undefined) return content
    const { report } = this.#context.surroundings
    const wanted = resolveReferences(
      mapNode(content.at, new Map([['include', include]])),
      report,
    ).entries.get('include')
    const entries =
      wanted === undefined
        ? []
        : readIncludes(wanted.value, { report, owner: '', path: 'include', keyAt: wanted.keyAt })
    const key = `${JSON.stringify(place)} ${JSON.stringify([...asked.given].map(([name, { value }]) => [name, value]))}`
    const path = [...asked.path, key]
    const included: SourceMap[] = []
    for (const entry of entries) included.push(...(await this.#entry(entry, { place, path })))
    const own = mapNode(content.at, new Map([...content.entries].filter(([name]) => name !== 'include')))
    return mergeFiles(
      [...included, content.isPartial === true ? { ...own, isPartial: true } : own],
      startOf(file),
    )
  }

  async #entry(
    entry: IncludeEntry,
    { place, path }: { readonly place: Address; readonly path: readonly string[] },
  ): Promise<readonly SourceMap[]> {
    if (!(await this.#isWanted(entry))) return []
    const addresses = await this.#addresses(entry, place)
    const maps: SourceMap[] = []
    for (const address of addresses) {
      const map = this.#hasTooMuch
        ? undefined
        : await this.read(address, { at: entry.at, given: entry.inputs, path })
      if (map !== undefined) maps.push(map)
    }
    return maps
  }

  async #isWanted({ rules }: IncludeEntry): Promise<boolean> {
    if (rules === undefined) return true
    const { surroundings } = this.#context
    const variables = scopeOf(surroundings.known, { yaml: [] })
    const { rule } = await decideRules(rules, { ...surroundings, variables, owner: 'include' })
    return rule !== undefined && rule.when !== 'never'
  }

  async #addresses({ target, at }: IncludeEntry, place: Address): Promise<readonly Address[]> {
    const expand = expander(scopeOf(this.#context.surroundings.known, { yaml: [] }), 'empty')
    if (target.kind === 'plain') {
      const location = expand(target.location)
      const isUrl = /^https?:\/\//i.test(location)
      return isUrl ? this.#remote(location, { integrity: null, at }) : this.#local(location, { place, at })
    }
    if (target.kind === 'local') return this.#local(expand(target.path), { place, at })
    if (target.kind === 'remote') return this.#remote(expand(target.url), { integrity: target.integrity, at })
    return this.#elsewhere(target, { expand, at })
  }

  #elsewhere(
    target: Exclude<Target, { kind: 'plain' | 'local' | 'remote' }>,
    { expand, at }: { readonly expand: (text: string) => string; readonly at: Position },
  ): readonly Address[] {
    if (target.kind === 'component') return [{ kind: 'component', address: expand(target.address) }]
    if (target.kind === 'template') return this.#checked([{ kind: 'template', name: target.name }], at)
    const repository = { project: expand(target.project), ref: expand(target.ref) }
    const files = target.files.map((path): Address => ({
      kind: 'file',
      repository,
      path: rooted(expand(path)),
    }))
    return this.#checked(files, at)
  }

  #remote(
    url: string,
    { integrity, at }: { readonly integrity: string | null; readonly at: Position },
  ): readonly Address[] {
    if (URL.parse(url) === null || !/^https?:\/\//i.test(url))
      return this.#fail(at, `${url} is not an address of the web`) ?? []
    return this.#checked([{ kind: 'remote', url, integrity }], at)
  }

  /** A file of the repository in which the entry stands. */
  async #local(
    location: string,
    { place, at }: { readonly place: Address; readonly at: Position },
  ): Promise<readonly Address[]> {
    if (place.kind !== 'file') return this.#fail(at, `${labelOf(place)} may not include local files`) ?? []
    const { repository } = place
    const path = rooted(location)
    if (!path.includes('*')) return this.#checked([{ kind: 'file', repository, path }], at)
    return this.#matching(path, { repository, at })
  }

  async #matching(
    glob: string,
    { repository, at }: { readonly repository: RepositoryAt; readonly at: Position },
  ): Promise<readonly Address[]> {
    const files = await this.#context.sources.paths(repository)
    if (files.kind === 'absent') return this.#fail(at, files.reason) ?? []
    const pattern = includeGlob(glob)
    const matching = files.paths.filter((path) => pattern?.matches(path) === true)
    if (matching.length === 0) return this.#fail(at, `no file matches ${glob}`) ?? []
    return this.#checked(
      matching.map((path): Address => ({ kind: 'file', repository, path })),
      at,
    )
  }

  #checked(addresses: readonly Address[], at: Position): readonly Address[] {
    const wrongOne = addresses.find((address) => !isYaml(address))
    if (wrongOne === undefined) return addresses
    return this.#fail(at, `${labelOf(wrongOne)} does not end with .yml or .yaml`) ?? []
  }

  #tooMuch(at: Position, message: string): undefined {
    if (!this.#hasTooMuch) this.#fail(at, message)
    this.#hasTooMuch = true
  }

  #fail(at: Position, message: string): undefined {
    this.#context.surroundings.report.problem(at, 'ciconfig.include', `include: ${message.slice(0, 500)}`)
  }
}

function rooted(path: string): string {
  return path.replace(/^\/+/, '')
}

function isYaml(address: Address): boolean {
  if (address.kind === 'component') return true
  const name =
    address.kind === 'file'
      ? address.path
      : address.kind === 'template'
        ? address.name
        : (URL.parse(address.url)?.pathname ?? '')
  return /.\.ya?ml$/i.test(name)
}
