import type { Field } from './pipelines-compare.ts'

/** Differences from gitlab-ci-local in which GitLab's documentation, or its source where that says nothing, is with us. */
export interface Explained {
  /** Of docs.gitlab.com, or a file of GitLab's source. */
  readonly section: string
  readonly because: string
  readonly fields: readonly Field[]
  readonly cases: readonly string[]
}

export const EXPLAINED: readonly Explained[] = [
  {
    section: 'ci/yaml/deprecated_keywords/#only--except',
    because: '`only` and `except` decide whether a job is added; gitlab-ci-local does not read them',
    fields: ['jobs'],
    cases: [
      'except-refs',
      'larger-pipeline-in-the-old-manner',
      'larger-pipeline-in-the-old-manner-at-night',
      'larger-pipeline-in-the-old-manner-on-a-tag',
      'only-changes',
      'only-kubernetes-without-a-cluster',
      'only-merge-requests',
      'only-refs',
      'only-tags-in-the-pipeline-of-a-tag',
      'only-variables',
      'only-without-refs-is-for-branches-and-tags',
      'workflow-rules-let-plain-jobs-into-merge-requests',
    ],
  },
  {
    section: 'ci/pipelines/merge_request_pipelines/#prerequisites',
    because:
      'a job without rules is not in a merge request pipeline; gitlab-ci-local knows no kinds of pipelines',
    fields: ['jobs'],
    cases: ['rules-keep-a-job-in-merge-request-pipelines'],
  },
  {
    section: 'ci/yaml/#allow_failure',
    because: 'the default is true for manual jobs; gitlab-ci-local has false where no rules are',
    fields: ['allow_failure'],
    cases: ['larger-pipeline-in-the-old-manner-on-a-tag', 'long-forms', 'rules-manual-blocks'],
  },
  {
    section: 'ci/yaml/#ruleschanges',
    because:
      'without a known commit to compare with, `changes` holds; gitlab-ci-local compares with origin/main',
    fields: ['jobs'],
    cases: ['rules-changes-of-nothing-known-hold'],
  },
  {
    section: 'ci/yaml/#ruleschanges',
    because: 'patterns are those of File.fnmatch, where `**` is for folders only before a slash',
    fields: ['jobs'],
    cases: ['rules-changes-matching'],
  },
  {
    section: 'ci/yaml/#rulesexistsproject',
    because: '`exists:project` looks into another project; gitlab-ci-local looks into this one',
    fields: ['jobs'],
    cases: ['rules-exists-in-another-project'],
  },
  {
    section: 'ci/yaml/#rulesexistspaths',
    because:
      'variables are expanded in `exists:paths` too; gitlab-ci-local expands them in the short form alone',
    fields: ['jobs'],
    cases: ['rules-exists-matching'],
  },
  {
    section: 'ci/variables/#protect-a-cicd-variable',
    because: 'a protected variable is absent on other refs; gitlab-ci-local knows no protected ones',
    fields: ['jobs'],
    cases: ['variables-protected-not-elsewhere'],
  },
  {
    section: 'ci/jobs/job_rules/#check-if-a-variable-exists',
    because: 'a value of spaces alone counts as empty (`present?` in expression/statement.rb)',
    fields: ['jobs'],
    cases: ['if-presence'],
  },
  {
    section: 'ci/jobs/job_rules/#compare-a-variable-to-a-regular-expression',
    because: 'an empty text is matched against the pattern; gitlab-ci-local takes `/^$/` for no match',
    fields: ['jobs'],
    cases: ['if-pattern'],
  },
  {
    section: 'ci/jobs/job_rules/#store-a-regular-expression-in-a-variable',
    because:
      'a pattern may stand in a variable, and a text that is none does not match; gitlab-ci-local gives up',
    fields: ['refused'],
    cases: ['if-pattern-in-a-variable', 'if-text-that-is-no-pattern'],
  },
  {
    section: 'lib/gitlab/ci/pipeline/expression/lexeme/and.rb',
    because:
      '`&&` and `||` are those of Ruby, where an empty text is true; gitlab-ci-local has those of JavaScript',
    fields: ['jobs'],
    cases: ['if-empty-text-is-true-for-and-and-or'],
  },
  {
    section: 'ci/jobs/job_rules/#compare-a-variable-to-a-string',
    because: 'a value is compared as it is; gitlab-ci-local puts it into JavaScript, and quotes end its text',
    fields: ['refused'],
    cases: ['if-does-not-expand-values'],
  },
  {
    section: 'ci/variables/predefined_variables/#variable-availability',
    because: 'CI_JOB_ID is there only for running jobs; gitlab-ci-local has one at once',
    fields: ['jobs'],
    cases: ['if-sees-file-project-and-job-variables'],
  },
  {
    section: 'lib/gitlab/config/loader/yaml.rb',
    because:
      'Psych reads YAML 1.1: yes, on, 010 and numbers as it writes them; gitlab-ci-local reads YAML 1.2',
    fields: ['variables'],
    cases: [
      'yaml-1.1-values',
      'yaml-numbers-as-psych-reads-them',
      'yaml-tagged-text',
      'yaml-values-in-conditions-and-names',
      'yaml-words-in-any-case',
    ],
  },
  {
    section: 'lib/gitlab/config/loader/yaml.rb',
    because: 'Psych merges where the merge key stands, over the keys before it; gitlab-ci-local under all',
    fields: ['stage'],
    cases: ['merge-later-key-wins'],
  },
  {
    section: 'lib/gitlab/config/loader/yaml.rb',
    because: 'what YAML 1.1 makes of a value is what a condition compares',
    fields: ['jobs'],
    cases: ['yaml-values-in-conditions-and-names'],
  },
  {
    section: 'ci/yaml/#header-keywords',
    because: 'a divider before the only document is no header; gitlab-ci-local ends with a TypeError',
    fields: ['refused'],
    cases: ['one-document-with-dividers-and-comments'],
  },
  {
    section: 'ci/inputs/#define-input-parameters-with-specinputs',
    because:
      'inputs are put in before the file is read as YAML, so they need no quotes; gitlab-ci-local reads first',
    fields: ['refused'],
    cases: [
      'inputs-arrays-and-rules',
      'inputs-of-the-pipeline-file-itself',
      'larger-repository-of-several-projects',
      'larger-repository-of-several-projects-forced',
    ],
  },
  {
    section: 'ci/inputs/#specify-functions-to-manipulate-input-values',
    because: 'functions are applied; gitlab-ci-local says that it leaves them out',
    fields: ['script'],
    cases: ['inputs-functions'],
  },
  {
    section: 'ci/components/#use-component-context-in-components',
    because: '`$[[ component.version ]]` needs no inputs in the header; gitlab-ci-local wants two documents',
    fields: ['script'],
    cases: ['include-component'],
  },
  {
    section: 'ci/yaml/#needsoptional',
    because: 'an optional need that is not in the pipeline is none; gitlab-ci-local lists what the file says',
    fields: ['needs'],
    cases: ['needs-optional-that-is-not-there'],
  },
  {
    section: 'lib/gitlab/ci/yaml_processor.rb',
    because: 'one of parallel jobs can be needed by its name; gitlab-ci-local knows the common name alone',
    fields: ['refused'],
    cases: ['needs-of-parallel-jobs'],
  },
  {
    section: 'ci/yaml/#run',
    because: 'a job has `run` in place of a script; gitlab-ci-local does not know it',
    fields: ['refused'],
    cases: ['third-set-is-kept-and-named'],
  },
  {
    section: 'ci/yaml/#stage-post',
    because: '`.post` is always last, wherever `stages` names it; gitlab-ci-local keeps the place',
    fields: ['stages'],
    cases: ['edge-stages'],
  },
  {
    section: 'ci/yaml/#inheritvariables',
    because: 'a job has the variables that it inherits; gitlab-ci-local writes all of the file beside it',
    fields: ['variables'],
    cases: ['rules-see-the-jobs-variables-over-the-files', 'variables-not-inherited'],
  },
  {
    section: 'ci/yaml/#rulesvariables',
    because:
      'variables of the rule that decides win; the merged file of gitlab-ci-local is from before the rules',
    fields: ['variables'],
    cases: ['rules-variables'],
  },
  {
    section: 'ci/yaml/#parallelmatrix',
    because: 'variables of the matrix win; the merged file of gitlab-ci-local is from before the matrix',
    fields: ['variables'],
    cases: ['parallel-matrix'],
  },
  {
    section: 'ci/variables/where_variables_can_be_used/#gitlab-internal-variable-expansion-mechanism',
    because: '`%NAME%` is expanded as `$NAME` is; gitlab-ci-local takes it for text',
    fields: ['variables'],
    cases: ['variables-expand-in-order-of-need'],
  },
]
