import type { Variable } from './expand.ts'

export interface KnownVariables {
  /** Those of GitLab that are known when the pipeline is created. */
  readonly predefined: readonly Variable[]
  readonly instance?: readonly Variable[]
  /** The outermost group first. */
  readonly groups?: readonly Variable[]
  readonly project: readonly Variable[]
  /** Given by whoever starts the pipeline: they beat all others. */
  readonly pipeline: readonly Variable[]
}

/** Predefined ones that GitLab puts after those of YAML: who started the pipeline is not for the file to say. */
const USER = /^GITLAB_USER_/

/**
 * GitLab's order of precedence (`variables/builder.rb`), the later one wins: predefined, YAML (top level, workflow, job,
 * matrix, rules), user, instance, groups, project, pipeline.
 */
export function byPrecedence(known: KnownVariables, yaml: readonly Variable[]): readonly Variable[] {
  return [...splitPredefined(known).ordinary, ...yaml, ...overYaml(known)]
}

/** What beats the variables of the file. */
export function overYaml(known: KnownVariables): readonly Variable[] {
  return [...splitPredefined(known).user, ...settings(known), ...known.pipeline]
}

interface Split {
  readonly ordinary: readonly Variable[]
  readonly user: readonly Variable[]
}

export function splitPredefined({ predefined }: Pick<KnownVariables, 'predefined'>): Split {
  return {
    ordinary: predefined.filter(({ key }) => !USER.test(key)),
    user: predefined.filter(({ key }) => USER.test(key)),
  }
}

/** Of the instance, the groups and the project: what people have configured beside the file. */
function settings({ instance = [], groups = [], project }: KnownVariables): readonly Variable[] {
  return [...instance, ...groups, ...project]
}

/** What holds for this ref and this environment: protected variables only on protected refs. */
export function inScope(
  known: KnownVariables,
  { isProtected, environment }: { readonly isProtected: boolean; readonly environment: string | null },
): KnownVariables {
  const holds = (variable: Variable): boolean =>
    (isProtected || variable.isProtected !== true) && isInScope(variable.environmentScope ?? '*', environment)
  // The wider scope first, so that of equal names the one that says more wins.
  const kept = (variables: readonly Variable[] = []): readonly Variable[] =>
    variables.filter(holds).toSorted((a, b) => exactness(a) - exactness(b))
  return {
    ...known,
    instance: kept(known.instance),
    groups: kept(known.groups),
    project: kept(known.project),
  }
}

function exactness({ environmentScope = '*' }: Variable): number {
  return environmentScope === '*' ? 0 : environmentScope.replaceAll('*', '').length + 1
}

/** `review/*`: a star is any text. Literals are looked for from the left, so that no step is taken back. */
function isInScope(scope: string, environment: string | null): boolean {
  if (scope === '*' || environment === null) return scope === '*'
  const [first = '', ...others] = scope.split('*')
  const last = others.pop()
  if (last === undefined) return scope === environment
  if (!environment.startsWith(first)) return false
  let at = first.length
  for (const literal of others) {
    const found = environment.indexOf(literal, at)
    if (found < 0) return false
    at = found + literal.length
  }
  return environment.length - last.length >= at && environment.endsWith(last)
}
