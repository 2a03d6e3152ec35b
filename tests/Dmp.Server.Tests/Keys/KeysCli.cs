using Dmp.Cli;
using Dmp.Server.Tests.Fixtures;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Keys;

/// <summary>The command <c>dmp keys</c> as an operator of a test server runs it.</summary>
internal sealed class KeysCli(Platform platform, TestServer server, params string[] settings)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Admin => platform.Databases.AdminOf(server.Database);

    public async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        await using StringWriter output = new() { NewLine = "\n" };
        await using StringWriter error = new() { NewLine = "\n" };
        string[] places = settings.Length > 0 ? settings : ["--master-keys", server.MasterKeyDirectory];
        var code = await DmpCommand.RunAsync(["keys", .. arguments, .. places, "--connection", Admin], output, error, Token);
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>Runs what must succeed; answers its output.</summary>
    public async Task<string> DoAsync(params string[] arguments)
    {
        var (code, output, error) = await RunAsync(arguments);
        Assert.True(code == DmpCommand.Done, $"{string.Join(' ', arguments)}: {code} {error}");
        return output.TrimEnd('\n');
    }

    public Task<string> DestroyAsync(string recordId, params string[] more) =>
        DoAsync(
        [
            "destroy", recordId, "--reason", "Effacement demandé par le titulaire", "--yes", "--keys",
            Path.Combine(server.DataDirectory, "audit-keys"), .. more,
        ]);

    public async Task<int> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Admin);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteNonQueryAsync(Token);
    }
}
