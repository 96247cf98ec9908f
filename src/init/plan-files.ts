import { isName, normalizeName } from '../formats/python/index.ts'
import { initErrors } from './errors.ts'
import { amendPyproject, identityOf, SETUPTOOLS, type PackageNames } from './package/amend-pyproject.ts'
import { newPackage } from './package/new-package.ts'
import { styleOf, type ProjectFacts } from './package/style.ts'
import { PYPROJECT_PATH, readToml, tableIn, withSettings } from './package/toml.ts'
import { amendPipeline, includedAlready, newPipeline } from './pipeline/amend-pipeline.ts'
import { STAGES } from './pipeline/stages.ts'
import { PIPELINE_PATH } from './pipeline/yaml-file.ts'
import { includeOf, VENDORED_PATH, type Component, type Target } from './target.ts'

/** A file as it is, and as it is to be. */
export interface FileChange {
  /** Relative to the folder of the project. */
  readonly path: string
  /** Undefined: there is no such file. */
  readonly before: string | undefined
  readonly after: string
}

export interface PipelineFacts {
  /** Of the pipeline without the component: nothing where nobody names them. */
  readonly stages: readonly string[]
  /** Names of jobs and keywords, those of included files too. */
  readonly names: ReadonlySet<string>
}

export interface PlanRequest {
  readonly facts: ProjectFacts
  /** Texts of `pyproject.toml` and `.gitlab-ci.yml`, and of the copy of the component, where they are. */
  readonly texts: ReadonlyMap<string, string>
  readonly names: PackageNames
  readonly target: Target
  readonly isVendored: boolean
  readonly pipeline: PipelineFacts
  /** The component that this program is shipped with. */
  readonly component: Component & { readonly text: string }
}

export interface FilePlan {
  /** In the order in which people read them; nothing where all is as it should be. */
  readonly changes: readonly FileChange[]
  /** How the pipeline includes the component already, where it does: it is left as it is. */
  readonly included: string | undefined
}

/** What `init` writes. Throws `init.pyproject`, `init.pipeline`, `init.name`, `init.not-a-package`. */
export function planFiles(request: PlanRequest): FilePlan {
  const { texts } = request
  const pipeline = texts.get(PIPELINE_PATH)
  const included = pipeline === undefined ? undefined : includedAlready(pipeline)
  const planned = new Map([
    ...packageFiles(request),
    ...(included === undefined ? pipelineFiles(request, pipeline) : []),
  ])
  const changes = [...planned].flatMap(([path, after]) => {
    const before = texts.get(path)
    return before === after ? [] : [{ path, before, after }]
  })
  return { changes, included }
}

function packageFiles({ facts, texts, names }: PlanRequest): readonly (readonly [string, string])[] {
  const style = styleOf(facts)
  if (style === undefined)
    throw initErrors('init.not-a-package', 'there is no pyproject.toml and no Python file here')
  const only = (after: string) => [[PYPROJECT_PATH, after] as const]
  if (style === 'setup.py') return []
  if (style === 'setup.cfg') return only(withSettings('', SETUPTOOLS))
  if (style === 'modules') return only(withSettings('', [...SETUPTOOLS, ...identityOf(names)]))
  if (style === 'empty') return [...newPackage(names)].filter(([path]) => !facts.hasFile(path))
  const after = amendPyproject(texts.get(PYPROJECT_PATH) ?? '', names, facts)
  return [...only(after), ...missingReadme(after, facts)]
}

/** A build fails where `readme` names a file that is not there. */
function missingReadme(pyproject: string, facts: ProjectFacts): readonly (readonly [string, string])[] {
  const project = tableIn(readToml(pyproject), 'project')
  const readme = project?.['readme']
  if (readme !== 'README.md' || facts.hasFile(readme)) return []
  return [[readme, `# ${String(project?.['name'])}\n`]]
}

function pipelineFiles(
  request: PlanRequest,
  text: string | undefined,
): readonly (readonly [string, string])[] {
  const { target, isVendored, component, pipeline } = request
  const jobPrefix = STAGES.some((job) => pipeline.names.has(job)) ? PREFIX : ''
  const entry = includeOf(target, { component, isVendored, jobPrefix })
  const after = text === undefined ? newPipeline(entry) : amendPipeline(text, entry, pipeline.stages)
  return [[PIPELINE_PATH, after], ...(isVendored ? [[VENDORED_PATH, component.text] as const] : [])]
}

/** Two jobs of one name would become one, of parts of both. */
const PREFIX = 'release-'

/** The name that a folder or a project would give its package. Undefined where nothing of it can be one. */
export function suggestedName(text: string): string | undefined {
  const name = text.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replaceAll(/^[._-]+|[._-]+$/g, '')
  return isName(name) ? normalizeName(name) : undefined
}
