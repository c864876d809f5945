import { runNamed } from '../bench/run.ts';

await runNamed('e2e', import.meta.dirname, 'container|debian-install|delta|faults|fuzz');
