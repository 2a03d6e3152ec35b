using Dmp.Client;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers <see cref="DmpClient"/> with dependency injection.</summary>
public static class DmpServiceCollectionExtensions
{
    private const string Name = "Dmp.Client";

    /// <summary>
    /// Registers <see cref="DmpClient"/> over <c>IHttpClientFactory</c>. Inject it wherever it is needed; all instances share
    /// the connections. For several identities see <see cref="DmpClient.WithTokens"/>.
    /// </summary>
    /// <param name="services">The services of the application.</param>
    /// <param name="configure">Sets address, tokens and limits.</param>
    /// <returns>The HTTP client builder: add handlers, or a primary handler with a client certificate, there.</returns>
    public static IHttpClientBuilder AddDmpClient(this IServiceCollection services, Action<DmpClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddDmpClient((_, options) => configure(options));
    }

    /// <summary>As the other overload, for options that need services of the application, such as a token source.</summary>
    /// <param name="services">The services of the application.</param>
    /// <param name="configure">Sets address, tokens and limits.</param>
    /// <returns>The HTTP client builder: add handlers, or a primary handler with a client certificate, there.</returns>
    public static IHttpClientBuilder AddDmpClient(
        this IServiceCollection services, Action<IServiceProvider, DmpClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<DmpClientOptions>().Configure<IServiceProvider>((options, provider) => configure(provider, options));
        return services
            .AddGrpcClient<DmpClient>(Name, (provider, factory) => factory.Address = Options(provider).Address)
            .ConfigureChannel((provider, channel) => DmpClient.Configure(Options(provider), channel))
            .ConfigureGrpcClientCreator((provider, invoker) =>
                new DmpClient(Options(provider), Options(provider).Tokens!, invoker))
            .AddHttpMessageHandler(provider => new SoftwareHandler(Options(provider)))
            .RedactLoggedHeaders(static _ => true);
    }

    private static DmpClientOptions Options(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<DmpClientOptions>>().Value;
        options.Validate();
        return options;
    }
}
