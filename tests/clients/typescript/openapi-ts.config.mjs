// How Hey API makes the TypeScript client.
import { fileURLToPath } from 'node:url';

export default {
  input: process.env.TILLGATE_CLIENT_INPUT,
  output: {
    path: process.env.TILLGATE_CLIENT_OUTPUT,
    // It says that modules are imported by their full names.
    tsConfigPath: fileURLToPath(new URL('package/tsconfig.json', import.meta.url)),
  },
  plugins: [
    '@hey-api/client-fetch',
    '@hey-api/typescript',
    // Dates become `Date`. An amount in cents is below 10^12 and fits a number.
    { name: '@hey-api/transformers', dates: true, bigInt: false },
    { name: '@hey-api/sdk', transformer: true },
  ],
};
