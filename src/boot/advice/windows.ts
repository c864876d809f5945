import type { BootFacts, NamedRow } from './boot-facts.ts';

const options = (policy: string, bootfile: string): string[] => [
  `Set-DhcpServerv4OptionValue -ScopeId $scope -PolicyName '${policy}' -OptionId 66 -Value $greif`,
  `Set-DhcpServerv4OptionValue -ScopeId $scope -PolicyName '${policy}' -OptionId 67 -Value '${bootfile}'`,
];

const rowLines = ({ name, transport, vendorClasses, bootfile }: NamedRow): string[] => {
  const policy = `Greif ${name}`;
  const classNames = vendorClasses.map((_, index) => `${policy} ${index + 1}`);
  return [
    '',
    ...vendorClasses.map(
      (data, index) => `Add-DhcpServerv4Class -Name '${classNames[index]}' -Type Vendor -Data '${data}'`,
    ),
    // The asterisk: the client's class goes on with the version of its network interface.
    `Add-DhcpServerv4Policy -ScopeId $scope -Name '${policy}' -Condition OR -VendorClass EQ,${classNames.map((each) => `'${each}*'`).join(',')}`,
    ...options(policy, bootfile),
    ...(transport === 'http'
      ? [
          `Set-DhcpServerv4OptionValue -ScopeId $scope -PolicyName '${policy}' -OptionId 60 -Value 'HTTPClient'`,
        ]
      : []),
  ];
};

/** Windows Server 2012 or later. Policies are tried in their order, so that of iPXE is the first. */
export const adviseWindows = ({ serverAddress, network, scriptUrl, rows }: BootFacts): string[] => [
  '# PowerShell as administrator, on the DHCP server. $scope is the scope of the PCs. Take options 60, 66 and 67 out of the',
  '# scope itself and out of the server options, should they be set there.',
  `$scope = '${network}'`,
  `$greif = '${serverAddress}'`,
  "if (-not (Get-DhcpServerv4OptionDefinition -OptionId 60 -ErrorAction SilentlyContinue)) { Add-DhcpServerv4OptionDefinition -OptionId 60 -Name 'Vendor class' -Type String }",
  '',
  "Add-DhcpServerv4Class -Name 'Greif iPXE' -Type User -Data 'iPXE'",
  "Add-DhcpServerv4Policy -ScopeId $scope -Name 'Greif iPXE' -ProcessingOrder 1 -Condition OR -UserClass EQ,'Greif iPXE'",
  ...options('Greif iPXE', scriptUrl),
  ...rows.flatMap(rowLines),
];
