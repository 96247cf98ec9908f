/** Stock Fulcio's configuration for an issuer that writes GitLab's claims. */
export function fulcioConfig(issuer: string): string {
  const refs = '{{if eq .ref_type "branch"}}heads/{{ else }}tags/{{end}}{{ .ref }}'
  const extensions = {
    'build-signer-uri': 'https://{{ .ci_config_ref_uri }}',
    'build-signer-digest': 'ci_config_sha',
    'runner-environment': 'runner_environment',
    'source-repository-uri': '{{ .url }}/{{ .project_path }}',
    'source-repository-digest': 'sha',
    'source-repository-ref': `refs/${refs}`,
    'source-repository-identifier': 'project_id',
    'source-repository-owner-uri': '{{ .url }}/{{ .namespace_path }}',
    'source-repository-owner-identifier': 'namespace_id',
    'build-config-uri': 'https://{{ .ci_config_ref_uri }}',
    'build-config-digest': 'ci_config_sha',
    'build-trigger': 'pipeline_source',
    'run-invocation-uri': '{{ .url }}/{{ .project_path }}/-/jobs/{{ .job_id }}',
    'source-repository-visibility-at-signing': 'project_visibility',
  }
  const provider = {
    'default-template-values': { url: issuer },
    'extension-templates': extensions,
    'subject-alternative-name-template': 'https://{{ .ci_config_ref_uri }}',
  }
  const oidc = {
    'issuer-url': issuer,
    'client-id': 'sigstore',
    type: 'ci-provider',
    'ci-provider': 'gitlab-pipeline',
    contact: 'nobody@example.com',
    description: 'the issuer of the bench',
  }
  const config = {
    'oidc-issuers': { [issuer]: oidc },
    'ci-issuer-metadata': { 'gitlab-pipeline': provider },
  }
  // JSON is YAML too. Fulcio would read plain JSON by other names, so a comment tells it which it is.
  return `# YAML\n${JSON.stringify(config)}\n`
}
