// Inside the namespace Dmp the words Record, Document and Consent name the namespaces of the contract, not its messages.
// These aliases keep the code readable; callers outside Dmp use the real names.
global using DocumentEntry = Dmp.Document.V1.Document;
global using PatientCareTeam = Dmp.CareTeam.V1.CareTeam;
global using PatientConsent = Dmp.Consent.V1.Consent;
global using PatientRecord = Dmp.Record.V1.Record;
