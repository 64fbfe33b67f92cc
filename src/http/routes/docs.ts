import { Router } from 'express'
import swaggerUi from 'swagger-ui-express'
import { stringify } from 'yaml'
import type { openApiDocument } from '../documented.ts'

/** The document as JSON and YAML, and Swagger UI over it. */
export function docsRouter(
  document: ReturnType<typeof openApiDocument>,
  sandbox: 'default' | 'not-default',
): Router {
  const router = Router()
  // octets, and made once: callers who ask for it again and again, and read none of it, cost nothing
  let json: Buffer | undefined
  let yaml: string | undefined
  router.get('/openapi.json', (_request, response) => {
    json ??= Buffer.from(JSON.stringify(document))
    response.type('application/json').send(json)
  })
  router.get('/openapi.yaml', (_request, response) => {
    // made for the first who wants it: it takes longer than all the rest of the start
    yaml ??= stringify(document)
    response.type('application/yaml').send(yaml)
  })
  const options = {
    customSiteTitle: 'Mailwire API',
    customCss: '.swagger-ui .topbar { display: none }',
    swaggerOptions: {
      url: '../openapi.json',
      tryItOutEnabled: true,
      displayRequestDuration: true,
      // `x-impact`
      showExtensions: true,
      // the many problem answers of a route have one form: as examples they would bury what was really answered
      defaultModelRendering: 'model',
      defaultModelExpandDepth: 0,
      defaultModelsExpandDepth: 0,
      ...(sandbox === 'default' ? { onComplete: logInToSandbox } : {}),
    },
  }
  // relative, so that it holds behind a proxy that mounts the service at a path of its own
  router.get('/docs', (request, response, next) => {
    if (request.path.endsWith('/')) next()
    else response.redirect(301, 'docs/')
  })
  // `serve` would keep the options in the module, for one service in a process
  router.use('/docs', swaggerUi.serveFiles(undefined, options), swaggerUi.setup(undefined, options))
  return router
}

declare const window: {
  readonly ui: { preauthorizeBasic(scheme: string, user: string, password: string): void }
}

/**
 * Runs in the browser, where its text is sent: with the sandbox every call works on the first click, so a user of it is
 * logged in already. It is bob, because the examples send to him.
 */
function logInToSandbox(): void {
  window.ui.preauthorizeBasic('mailbox', 'bob', 'sandbox')
}
