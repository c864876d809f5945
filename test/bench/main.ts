import { runNamed } from './run.ts';

await runNamed('bench', import.meta.dirname, 'boot|delta|deploy|dhcp|http|storm|store|stream|tftp');
