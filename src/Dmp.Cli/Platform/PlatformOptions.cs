using System.CommandLine;
using System.Net.Security;
using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dmp.Client;

namespace Dmp.Cli.Platform;

/// <summary>
/// Where the platform is and who calls it: options for what everybody may see, the environment and files for what nobody may. No option
/// takes a secret, because every user of a machine can list the arguments of its processes.
/// </summary>
internal sealed class PlatformOptions
{
    /// <summary>How the trace names this program.</summary>
    public static readonly string Software =
        $"dmp-cli/{typeof(PlatformOptions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+')[0] ?? "0"}";

    private const string SecretVariable = "DMP_CLIENT_SECRET";

    private readonly Option<string?> address = Text("--address", "DMP_ADDRESS", "URL", "Address of the platform.");
    private readonly Option<string?> issuer = Text(
        "--issuer", "DMP_ISSUER", "URL", "Issuer of the tokens (OpenID Connect); its token endpoint is found by discovery.");
    private readonly Option<string?> clientId = Text(
        "--client-id", "DMP_CLIENT_ID", "ID",
        $"Client id at the issuer. The secret comes from {SecretVariable}, or from --client-secret-file.");
    private readonly Option<string?> secretFile = Text(
        "--client-secret-file", "DMP_CLIENT_SECRET_FILE", "FILE", "File that holds the client's secret.");
    private readonly Option<string?> scope = Text("--scope", "DMP_SCOPE", "SCOPES", "Scopes to ask for.");
    private readonly Option<string?> tokenCommand = Text(
        "--token-command", "DMP_TOKEN_COMMAND", "COMMAND",
        "Command that prints an access token, instead of issuer and client. Run again when the token ends.");
    private readonly Option<string?> certificate = Text(
        "--certificate", "DMP_CERTIFICATE", "FILE", "Client certificate with its private key (PEM), for tokens that are bound to one.");

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[address, issuer, clientId, secretFile, scope, tokenCommand, certificate])
        {
            command.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (Fault(option => Value(result.GetValue(option), option)) is { } fault)
            {
                result.AddError(fault);
            }
        });
    }

    public PlatformClient Connect(ParseResult parsed)
    {
        string? Of(Option<string?> option) => Value(parsed.GetValue(option), option);
        var certificate = Of(this.certificate) is { } path ? Certificate(path) : null;
        var tokens = Of(tokenCommand) is { } command
            ? new CommandTokenSource(command, TimeProvider.System)
            : (ITokenSource)new ClientCredentialsTokenSource(new ClientCredentialsOptions
            {
                Issuer = new Uri(Of(issuer)!),
                ClientId = Of(clientId)!,
                ClientSecret = Secret(Of(secretFile)),
                Scope = Of(scope),
            });
        DmpClient client = new(new DmpClientOptions
        {
            Address = new Uri(Of(address)!),
            Tokens = tokens,
            Software = Software,
            HttpHandler = Handler(certificate),
        });
        return new PlatformClient(
            client, tokens as IDisposable, certificate, Of(address)!, Of(tokenCommand) is null ? Of(clientId)! : "");
    }

    private string? Fault(Func<Option<string?>, string?> of)
    {
        if (!IsAddress(of(address)))
        {
            return "Where is the platform? Give --address or set DMP_ADDRESS: https, or http on this machine.";
        }

        if (of(tokenCommand) is not null)
        {
            return null;
        }

        if (!IsAddress(of(issuer)) || of(clientId) is null)
        {
            return "Who calls? Give --issuer and --client-id, or --token-command, or set their variables (--help names them).";
        }

        return of(secretFile) is null && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(SecretVariable))
            ? $"The secret of the client is missing: set {SecretVariable}, or give --client-secret-file." : null;
    }

    private static bool IsAddress(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));

    private static string Secret(string? file)
    {
        var secret = file is null ? Environment.GetEnvironmentVariable(SecretVariable)! : File.ReadAllText(file).TrimEnd('\r', '\n');
        return secret.Length > 0 ? secret : throw new RefusedException("The file of the client's secret is empty.");
    }

    private static X509Certificate2 Certificate(string path)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(path);
        }
        catch (CryptographicException)
        {
            throw new RefusedException($"{path} holds no certificate with its private key as PEM.");
        }
    }

    private static SocketsHttpHandler Handler(X509Certificate2? certificate) => new()
    {
        KeepAlivePingDelay = TimeSpan.FromSeconds(30),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
        EnableMultipleHttp2Connections = true,
        SslOptions = certificate is null
            ? new SslClientAuthenticationOptions()
            : new SslClientAuthenticationOptions { ClientCertificates = [certificate] },
    };

    private static Option<string?> Text(string name, string variable, string help, string description) =>
        new(name) { Description = $"{description} [{variable}]", HelpName = help };

    private static string? Value(string? given, Option<string?> option)
    {
        var variable = option.Description![(option.Description!.LastIndexOf('[') + 1)..^1];
        return given is { Length: > 0 } ? given : Environment.GetEnvironmentVariable(variable) is { Length: > 0 } set ? set : null;
    }
}
