using Dmp.Access.V1;
using Dmp.Audit.V1;
using Dmp.Consent.V1;
using Dmp.Delegation.V1;
using Dmp.Document.V1;
using Dmp.Emergency.V1;
using Dmp.Record.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>The generated clients, calling as one caller.</summary>
internal sealed class DmpApi
{
    /// <param name="channel">To the server.</param>
    /// <param name="token">Of the caller.</param>
    /// <param name="secret">The request metadata <c>dmp-secret-connection</c>.</param>
    public DmpApi(GrpcChannel channel, string? token, string? secret = null)
    {
        var invoker = token is null
            ? channel.CreateCallInvoker()
            : channel.Intercept(metadata =>
            {
                metadata.Add("authorization", $"Bearer {token}");
                if (secret is not null)
                {
                    metadata.Add("dmp-secret-connection", secret);
                }

                return metadata;
            });
        Invoker = invoker;
        Records = new RecordService.RecordServiceClient(invoker);
        Documents = new DocumentService.DocumentServiceClient(invoker);
        Consents = new ConsentService.ConsentServiceClient(invoker);
        Audit = new AuditService.AuditServiceClient(invoker);
        Access = new AccessService.AccessServiceClient(invoker);
        Delegations = new DelegationService.DelegationServiceClient(invoker);
        Emergencies = new EmergencyService.EmergencyServiceClient(invoker);
    }

    public CallInvoker Invoker { get; }

    public RecordService.RecordServiceClient Records { get; }

    public DocumentService.DocumentServiceClient Documents { get; }

    public ConsentService.ConsentServiceClient Consents { get; }

    public AuditService.AuditServiceClient Audit { get; }

    public EmergencyService.EmergencyServiceClient Emergencies { get; }

    public AccessService.AccessServiceClient Access { get; }

    public DelegationService.DelegationServiceClient Delegations { get; }
}
