import { runNamed } from './run.ts';

await runNamed('bench', import.meta.dirname, 'boot|http|storm|stream|tftp');
