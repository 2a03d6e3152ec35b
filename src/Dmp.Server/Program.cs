using Dmp.Server.Startup;

try
{
    await using var server = await DmpApplication.CreateAsync(args, CancellationToken.None);
    await server.Web.RunAsync();
    return 0;
}
catch (Exception failure) when (StartupFailure.Sentence(failure) is not null)
{
    // Something to set right outside of this program: the sentence says what, and a stack trace would hide it.
    await Console.Error.WriteLineAsync($"dmp-server does not start: {StartupFailure.Sentence(failure)}");
    return 1;
}
