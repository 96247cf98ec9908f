/** Of the default pipeline, which is that of `templates/python-package.yml`. */
export const STAGES = ['build', 'sign', 'verify', 'publish_signatures', 'publish', 'consumer_verification']
