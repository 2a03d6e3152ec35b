global using Dmp.Client.Tests.Fixtures;
global using Dmp.Server.Tests.Fixtures;
global using Xunit;
global using DocumentEntry = Dmp.Document.V1.Document;
