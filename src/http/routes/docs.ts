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
  const yaml = stringify(document)
  router.get('/openapi.json', (_request, response) => {
    response.json(document)
  })
  router.get('/openapi.yaml', (_request, response) => {
    response.type('application/yaml').send(yaml)
  })
  router.use(
    '/docs',
    swaggerUi.serve,
    swaggerUi.setup(undefined, {
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
    }),
  )
  return router
}

/**
 * Runs in the browser: with the sandbox every call works on the first click, so a user of it is logged in already. It is
 * bob, because the examples send to him.
 */
const logInToSandbox = new Function("window.ui.preauthorizeBasic('mailbox', 'bob', 'sandbox')")
