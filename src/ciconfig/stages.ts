export const EDGE_STAGES: readonly string[] = ['.pre', '.post']
export const DEFAULT_STAGE = 'test'
export const DEFAULT_STAGES: readonly string[] = ['build', 'test', 'deploy']

/** `.pre` is first and `.post` last, wherever and whether the file lists them. */
export function withEdgeStages(stages: readonly string[]): readonly string[] {
  return [...new Set(['.pre', ...stages.filter((stage) => !EDGE_STAGES.includes(stage)), '.post'])]
}
