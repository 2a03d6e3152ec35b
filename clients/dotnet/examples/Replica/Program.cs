using Dmp.Client;
using Replica;

// A general practitioner of the sandbox. In production: your own token source, and the address you were given.
using var tokens = new ClientCredentialsTokenSource(
    new() { Issuer = new("http://127.0.0.1:7444/"), ClientId = "dr-martin", ClientSecret = "sandbox" });
using var dmp = new DmpClient(new() { Address = new("http://127.0.0.1:7443"), Tokens = tokens });

var replica = new PracticeReplica(dmp);
await replica.LoadAsync();
foreach (var (record, documents) in replica.Records)
{
    Console.WriteLine($"{record}: {documents.Count} documents");
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
try
{
    await replica.FollowAsync(stop.Token);
}
catch (OperationCanceledException)
{
    Console.WriteLine("Stopped.");
}
