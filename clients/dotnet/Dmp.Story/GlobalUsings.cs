// Inside the namespace Dmp the word Document names a namespace of the contract.
global using DocumentEntry = Dmp.Document.V1.Document;
